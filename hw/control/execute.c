// SPDX-License-Identifier: GPL-2.0
/* From a line to a command, and from what that has to say to a line. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control/control_internal.h"
#include "machine.h"

/* No command has more than an object of scalars; an id may be anything up to here. */
#define MAX_DEPTH 8

void control_fail(struct control_call *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->error, sizeof(c->error), fmt, ap);
	va_end(ap);
}

static struct json_object *added(struct control_call *c, struct json_object *val, bool ok)
{
	if (ok)
		return val;
	json_object_put(val);
	c->nomem = true;
	return NULL;
}

struct json_object *control_add(struct control_call *c, struct json_object *obj, const char *key,
				struct json_object *val)
{
	return added(c, val, obj && val && !json_object_object_add(obj, key, val));
}

struct json_object *control_append(struct control_call *c, struct json_object *array,
				   struct json_object *val)
{
	return added(c, val, array && val && !json_object_array_add(array, val));
}

void control_add_number(struct control_call *c, struct json_object *obj, const char *key, u64 val)
{
	control_add(c, obj, key, json_object_new_uint64(val));
}

void control_add_bool(struct control_call *c, struct json_object *obj, const char *key, bool val)
{
	control_add(c, obj, key, json_object_new_boolean(val));
}

void control_add_text(struct control_call *c, struct json_object *obj, const char *key,
		      const char *val)
{
	control_add(c, obj, key, json_object_new_string(val));
}

/* Return: the string, or NULL if it is none, or has a zero in it. */
static const char *text_of(struct json_object *val)
{
	const char *text;

	if (!json_object_is_type(val, json_type_string))
		return NULL;
	text = json_object_get_string(val);
	return strlen(text) == (size_t)json_object_get_string_len(val) ? text : NULL;
}

static bool read_arg(struct control_call *c, unsigned int i, struct json_object *val)
{
	const struct control_arg *arg = &c->command->arg[i];
	struct control_value *out = &c->arg[i];

	switch (arg->type) {
	case json_type_boolean:
		out->num = json_object_get_boolean(val);
		if (!json_object_is_type(val, json_type_boolean))
			control_fail(c, "\"%s\" is true or false", arg->name);
		break;
	case json_type_int:
		out->num = json_object_get_uint64(val);
		if (!json_object_is_type(val, json_type_int) || out->num < 1 || out->num > arg->max)
			control_fail(c, "\"%s\" is a number from 1 to %llu", arg->name, arg->max);
		break;
	default:
		out->text = text_of(val);
		if (!out->text)
			control_fail(c, "\"%s\" is a string", arg->name);
		break;
	}
	return !c->error[0];
}

static int find_arg(const struct control_command *command, const char *name)
{
	for (int i = 0; i < CONTROL_ARGS && command->arg[i].name; i++)
		if (!strcmp(command->arg[i].name, name))
			return i;
	return -1;
}

static bool read_member(struct control_call *c, const char *key, struct json_object *val)
{
	int i = find_arg(c->command, key);

	if (!strcmp(key, "cmd") || !strcmp(key, "id"))
		return true;
	if (i >= 0)
		return read_arg(c, (unsigned int)i, val);
	control_fail(c, "%s has no argument \"%s\"", c->command->name, key);
	return false;
}

static bool read_members(struct control_call *c, struct json_object *request)
{
	json_object_object_foreach(request, key, val)
		if (!read_member(c, key, val))
			return false;
	return true;
}

/* Every member of the request must be known, and every argument be there that must. */
static bool read_args(struct control_call *c, struct json_object *request)
{
	const struct control_arg *arg = c->command->arg;

	for (unsigned int i = 0; i < CONTROL_ARGS; i++)
		c->arg[i].num = arg[i].def;
	if (!read_members(c, request))
		return false;
	for (unsigned int i = 0; i < CONTROL_ARGS; i++) {
		if (!arg[i].required || c->arg[i].text)
			continue;
		control_fail(c, "\"%s\" is missing", arg[i].name);
		return false;
	}
	return true;
}

static const struct control_command *find_command(const char *name)
{
	for (size_t i = 0; i < control_commands_count; i++)
		if (!strcmp(control_commands[i].name, name))
			return &control_commands[i];
	return NULL;
}

static void execute(struct control_call *c, struct json_object *request)
{
	struct json_object *cmd = NULL;
	const char *name;

	json_object_object_get_ex(request, "cmd", &cmd);
	name = text_of(cmd);
	if (!name) {
		control_fail(c, "no \"cmd\"; {\"cmd\":\"help\"} lists the commands");
		return;
	}
	c->command = find_command(name);
	if (!c->command) {
		control_fail(c, "there is no command \"%s\"; help lists them", name);
		return;
	}
	if (!read_args(c, request))
		return;
	machine_lock(c->model->machine);
	c->command->run(c);
	machine_unlock(c->model->machine);
}

/* A reply with what every one has. */
static void start_reply(struct control_call *c, struct json_object *id, bool ok)
{
	json_object_put(c->reply);
	c->reply = json_object_new_object();
	control_add_bool(c, c->reply, "ok", ok);
	if (id)
		control_add(c, c->reply, "id", json_object_get(id));
}

/* Return: the object on the line, to be put, or NULL with the error set. */
static struct json_object *parse(struct control_call *c, const char *line, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH);
	struct json_object *request;
	enum json_tokener_error err;

	if (!tok) {
		c->nomem = true;
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	request = json_tokener_parse_ex(tok, line, (int)len);
	err = json_tokener_get_error(tok);
	if (err == json_tokener_continue)
		control_fail(c, "no JSON object: the line ends in its middle");
	else if (err != json_tokener_success)
		control_fail(c, "no JSON object: %s", json_tokener_error_desc(err));
	else if (!json_object_is_type(request, json_type_object) || memchr(line, 0, len))
		control_fail(c, "no JSON object");
	json_tokener_free(tok);
	if (!c->error[0])
		return request;
	json_object_put(request);
	return NULL;
}

char *control_execute(const struct control_model *m, const char *line, size_t len)
{
	struct control_call c = {.model = m};
	struct json_object *request = parse(&c, line, len);
	struct json_object *id = NULL;
	char *text = NULL;

	if (request) {
		json_object_object_get_ex(request, "id", &id);
		start_reply(&c, id, true);
		execute(&c, request);
	}
	if (c.error[0]) {
		start_reply(&c, id, false);
		control_add_text(&c, c.reply, "error", c.error);
	}
	if (!c.nomem)
		text = strdup(json_object_to_json_string_ext(c.reply, JSON_C_TO_STRING_PLAIN));
	json_object_put(c.reply);
	json_object_put(request);
	return text;
}
