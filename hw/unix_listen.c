// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <svakit/types.h>

#include "log.h"
#include "unix_listen.h"

static int unix_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* Whether a server answers at an address. */
static bool is_live(const struct sockaddr_un *addr)
{
	int fd = unix_socket();
	bool live;

	if (fd < 0)
		return true;
	live = !connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) || errno == EAGAIN;
	close(fd);
	return live;
}

/* Make room at the path. Return: 0 or -errno, logged. */
static int remove_stale(const struct sockaddr_un *addr, const char *option)
{
	struct stat st;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode)) {
		log_error("%s exists and is no socket; name another %s", addr->sun_path, option);
		return -EEXIST;
	}
	if (is_live(addr)) {
		log_error("%s is in use by a live server; end it or name another %s",
			  addr->sun_path, option);
		return -EADDRINUSE;
	}
	log_debug("%s: replacing a stale socket", addr->sun_path);
	return unlink(addr->sun_path) < 0 ? -errno : 0;
}

static int bind_and_listen(int fd, const struct sockaddr_un *addr)
{
	/* Whoever connects has the guest's memory, or the model, in hand: the owner only. */
	mode_t mask = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;

	umask(mask);
	if (!rc && listen(fd, 4) < 0)
		rc = -errno;
	return rc;
}

/* Lock the directory of a path: of two servers that start, one must see the other. */
static int lock_directory(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

static int listen_locked(const struct sockaddr_un *addr, const char *option)
{
	int rc = remove_stale(addr, option);
	int fd;

	if (rc)
		return rc;
	fd = unix_socket();
	if (fd < 0)
		return fd;
	rc = bind_and_listen(fd, addr);
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

int unix_listen(const char *path, const char *option)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int lock, fd;

	if (len >= sizeof(addr.sun_path)) {
		log_error("socket path of %zu bytes, at most %zu fit: name a shorter %s: %s", len,
			  sizeof(addr.sun_path) - 1, option, path);
		return -ENAMETOOLONG;
	}
	memcpy(addr.sun_path, path, len);

	lock = lock_directory(path);
	fd = lock < 0 ? lock : listen_locked(&addr, option);
	if (lock >= 0)
		close(lock);
	if (fd < 0 && fd != -EEXIST && fd != -EADDRINUSE)
		log_error("cannot listen at %s: %s", path, strerror(-fd));
	return fd;
}
