/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vfio-user server: one Unix socket and at most one client a function,
 * all served by one thread that sleeps in epoll.
 *
 * A client is not trusted. What is wrong inside a well-formed message gets an
 * error reply; a message that cannot be one (a size out of range, a reply to
 * nothing) ends that connection with one logged reason. A client that goes
 * away resets its function and takes its memory and interrupts with it.
 */
#ifndef HW_VFIO_USER_H
#define HW_VFIO_USER_H

#include <svakit/types.h>

struct gmem;
struct machine;
struct pci_function;
struct vfio_user_server;

/** vfio_user_new() - Return: a server without functions, or NULL with errno set. */
struct vfio_user_server *vfio_user_new(struct machine *m);

/**
 * vfio_user_free() - Drop the clients, remove the sockets, free.
 *
 * The functions stay, with their host operations unset. Not while another
 * thread is in vfio_user_run(); the machine's lock is not held. NULL is allowed.
 */
void vfio_user_free(struct vfio_user_server *s);

/**
 * vfio_user_add() - Listen for clients of one function.
 * @fn: sealed; its host operations become the server's
 * @path: of the socket; a stale socket is replaced
 *
 * Every error is logged, with what to do about it.
 *
 * Return: 0, -ENAMETOOLONG, -EADDRINUSE (a live server), -EEXIST (a file that
 * is no socket), -ENOSPC (too many functions), -ENOMEM, or the error of a
 * system call.
 */
int vfio_user_add(struct vfio_user_server *s, struct pci_function *fn, const char *path);

/**
 * vfio_user_attach() - Have the event loop serve something else as well, at most one thing.
 * @fd: the caller's, which closes it after vfio_user_free(), or never lets it be readable again
 * @ready: called in the loop's thread whenever @fd is readable; may not block
 *
 * Return: 0, or the error of epoll.
 */
int vfio_user_attach(struct vfio_user_server *s, int fd, void (*ready)(void *arg), void *arg);

/**
 * vfio_user_run() - Serve until told to stop.
 * @stop_fd: the server ends when this becomes readable; it is not read
 * @once: also end when each function has had a client and none is left
 *
 * Return: 0, or the error of epoll.
 */
int vfio_user_run(struct vfio_user_server *s, int stop_fd, bool once);

/**
 * vfio_user_poll() - Serve what has come already, without waiting for more.
 *
 * For a caller with a loop of its own; not while a thread is in vfio_user_run().
 *
 * Return: events served, 0 = all is quiet, or the error of epoll.
 */
int vfio_user_poll(struct vfio_user_server *s);

#endif /* HW_VFIO_USER_H */
