/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket from inside. Files: socket.c (clients), execute.c (a line
 * and its reply), commands.c (what the commands do).
 */
#ifndef HW_CONTROL_CONTROL_INTERNAL_H
#define HW_CONTROL_CONTROL_INTERNAL_H

#include <json-c/json.h>

#include <svakit/types.h>

#include "control/control.h"

#define CONTROL_ARGS 2
/* A message, and at most a string of the line. */
#define CONTROL_ERROR (CONTROL_LINE + 128)

/**
 * struct control_arg - An argument of a command.
 * @type: json_type_boolean, json_type_int (1..@max) or json_type_string
 * @required: of a string: an error without; else @def (boolean: 0 or 1) is its value
 */
struct control_arg {
	const char *name;
	enum json_type type;
	bool required;
	u64 def;
	u64 max;
};

/** struct control_value - Its value in a call; @text of a string, else @num. */
struct control_value {
	u64 num;
	const char *text;
};

struct control_command;

/**
 * struct control_call - A command under way.
 * @reply: has "ok" and "id"; the command adds what it has to say
 * @error: not empty: it has failed, and that is all it has to say
 * @nomem: there was no memory for the reply
 */
struct control_call {
	const struct control_model *model;
	const struct control_command *command;
	struct control_value arg[CONTROL_ARGS];
	struct json_object *reply;
	char error[CONTROL_ERROR];
	bool nomem;
};

/**
 * struct control_command - A command.
 * @run: called with the machine's lock held
 */
struct control_command {
	const char *name;
	const char *summary;
	struct control_arg arg[CONTROL_ARGS];
	void (*run)(struct control_call *c);
};

extern const struct control_command control_commands[];
extern const size_t control_commands_count;

/** control_fail() - The command fails; the text is the "error" of the reply. */
void control_fail(struct control_call *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * control_add() - Add a member to an object of the reply.
 * @val: becomes @obj's; NULL: there was no memory for it
 *
 * Return: @val, or NULL without memory.
 */
struct json_object *control_add(struct control_call *c, struct json_object *obj, const char *key,
				struct json_object *val);

/** control_append() - Likewise an element of an array. */
struct json_object *control_append(struct control_call *c, struct json_object *array,
				   struct json_object *val);

/** control_add_number() - Add a number. */
void control_add_number(struct control_call *c, struct json_object *obj, const char *key, u64 val);
/** control_add_bool() - Add a truth value. */
void control_add_bool(struct control_call *c, struct json_object *obj, const char *key, bool val);
/** control_add_text() - Add a string. */
void control_add_text(struct control_call *c, struct json_object *obj, const char *key,
		      const char *val);

#endif /* HW_CONTROL_CONTROL_INTERNAL_H */
