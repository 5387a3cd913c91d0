// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "gmem.h"
#include "log.h"
#include "vfio_user_internal.h"

#define JSON_DEPTH 8

/*
 * Capabilities with a number: the smallest value that a client can sensibly
 * announce, and what we announce to a client that knows the capability.
 */
static const struct {
	const char *name;
	int64_t min;
	int64_t ours;
} number_caps[] = {
	{"max_msg_fds", 0, VFIO_USER_MAX_FDS},
	/* Our largest DMA_WRITE is an interrupt message of 4 bytes. */
	{"max_data_xfer_size", 4, VFIO_USER_MAX_XFER},
	{"max_dma_maps", 1, GMEM_MAX_MAPS},
};

/* Parse text, which the message bounds. Return: an object to put, or NULL. */
static struct json_object *parse_object(const u8 *text, size_t len)
{
	struct json_tokener *tok;
	struct json_object *obj;

	/* The text is a string with its NUL, nothing after it. */
	if (!len || memchr(text, 0, len) != text + len - 1)
		return NULL;
	tok = json_tokener_new_ex(JSON_DEPTH);
	if (!tok)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	obj = json_tokener_parse_ex(tok, (const char *)text, len);
	if (json_tokener_get_error(tok) != json_tokener_success ||
	    !json_object_is_type(obj, json_type_object)) {
		json_object_put(obj);
		obj = NULL;
	}
	json_tokener_free(tok);
	return obj;
}

/* Add val, whose reference is taken also on failure. */
static int add_new(struct json_object *obj, const char *key, struct json_object *val)
{
	if (val && !json_object_object_add(obj, key, val))
		return 0;
	json_object_put(val);
	return -ENOMEM;
}

/* What we announce is a subset of what the client did, as the protocol wants it. */
static int answer_caps(struct json_object *theirs, struct json_object *ours)
{
	struct json_object *val;

	for (size_t i = 0; i < ARRAY_SIZE(number_caps); i++) {
		if (!json_object_object_get_ex(theirs, number_caps[i].name, &val))
			continue;
		if (!json_object_is_type(val, json_type_int) ||
		    json_object_get_int64(val) < number_caps[i].min)
			return -EINVAL;
		if (add_new(ours, number_caps[i].name, json_object_new_int64(number_caps[i].ours)))
			return -ENOMEM;
	}
	return 0;
}

static int answer_json(const u8 *text, size_t len, struct vfio_user_reply *reply)
{
	struct json_object *theirs = parse_object(text, len);
	struct json_object *root = json_object_new_object();
	struct json_object *ours, *caps;
	int rc = -EINVAL;
	const char *out;

	if (!theirs || !root)
		goto out;
	ours = json_object_new_object();
	rc = add_new(root, "capabilities", ours);
	if (rc)
		goto out;
	if (json_object_object_get_ex(theirs, "capabilities", &caps)) {
		rc = -EINVAL;
		if (json_object_is_type(caps, json_type_object))
			rc = answer_caps(caps, ours);
		if (rc)
			goto out;
	}
	out = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN);
	rc = out ? 0 : -ENOMEM;
	if (!out)
		goto out;
	reply->len += snprintf((char *)reply->data + reply->len, VFIO_USER_MAX_XFER, "%s", out) + 1;
out:
	json_object_put(root);
	json_object_put(theirs);
	return rc;
}

int vfio_user_negotiate(struct vfio_user_port *port, const struct vfio_user_message *msg,
			struct vfio_user_reply *reply)
{
	struct vfio_user_version ver;
	int rc = 0;

	if (port->conn.negotiated || msg->len < sizeof(ver))
		return -EINVAL;
	memcpy(&ver, msg->data, sizeof(ver));
	if (ver.major != VFIO_USER_VERSION_MAJOR) {
		conn_fail(port, "protocol version %u.%u, not %u.x", ver.major, ver.minor,
			  VFIO_USER_VERSION_MAJOR);
		return -EPROTO;
	}

	ver.minor = VFIO_USER_VERSION_MINOR;
	memcpy(reply->data, &ver, sizeof(ver));
	reply->len = sizeof(ver);
	if (msg->len > sizeof(ver))
		rc = answer_json(msg->data + sizeof(ver), msg->len - sizeof(ver), reply);
	if (rc) {
		log_warn("%s: VERSION: capabilities are not as the protocol has them",
			 port->fn->name);
		return rc;
	}
	port->conn.negotiated = true;
	port->served = true;
	log_info("%s: client connected", port->fn->name);
	return 0;
}
