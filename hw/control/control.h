/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket: JSON objects, one a line, ask the model for its state,
 * its counters and its oracle; one object a line is the answer. docs/model.md
 * has the commands.
 *
 * It is served by the event loop of the vfio-user server and never blocks it:
 * a turn executes one command of a client, and what a client does not read is
 * bounded. Clients are trusted with the model, not with the process.
 */
#ifndef HW_CONTROL_CONTROL_H
#define HW_CONTROL_CONTROL_H

#include <svakit/types.h>

/* Clients at a time; one more is told so and sent away. */
#define CONTROL_CLIENTS 8
/* Bytes of a line, its newline among them; a longer one is answered, and ends the connection. */
#define CONTROL_LINE 4096
/* Bytes of replies that a client may leave unread before it is dropped; any one reply fits. */
#define CONTROL_OUT (512u << 10)

struct accel;
struct control;
struct machine;
struct vtd;

/**
 * struct control_model - What is controlled.
 * @unit: the remapping unit, the first of several (vtd_next())
 * @accel: the accelerators, @accels of them
 */
struct control_model {
	struct machine *machine;
	struct vtd *unit;
	struct accel *const *accel;
	unsigned int accels;
};

/**
 * control_new() - Listen for clients.
 * @m: copied; what it points to must outlive the control socket
 * @path: of the socket, which only its owner may use (mode 0600); a stale one is replaced
 *
 * Return: the control socket, or NULL with errno set, after a message.
 */
struct control *control_new(const struct control_model *m, const char *path);

/** control_free() - Drop the clients, remove the socket, free. NULL is allowed. */
void control_free(struct control *c);

/** control_fd() - Return: a descriptor that is readable when control_serve() has work. */
int control_fd(const struct control *c);

/**
 * control_serve() - Serve what has come, without waiting: one command of each client.
 *
 * The machine's lock is not held.
 *
 * Return: events served, 0 = all is quiet.
 */
unsigned int control_serve(struct control *c);

/**
 * control_execute() - Execute one line.
 * @len: bytes of @line, the newline not among them
 *
 * The machine's lock is not held.
 *
 * Return: the reply, without a newline, to be freed; NULL without memory.
 */
char *control_execute(const struct control_model *m, const char *line, size_t len);

#endif /* HW_CONTROL_CONTROL_H */
