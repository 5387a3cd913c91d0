/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log lines, "svahw: <level>: <text>", on standard error unless log_open()
 * names a file. Rate-limited a call site for what a guest can provoke at will.
 */
#ifndef HW_LOG_H
#define HW_LOG_H

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
};

/** log_set_level() - Print messages up to and including @level (default LOG_INFO). */
void log_set_level(enum log_level level);

/** log_parse_level() - Return: the level named "error", "warn", "info" or "debug", or -EINVAL. */
int log_parse_level(const char *name);

/** log_open() - Write to the file @path, truncated, instead. Return: 0 or -errno of open(). */
int log_open(const char *path);

/** log_close() - Back to standard error. */
void log_close(void);

/** log_print() - One line, any thread. A newline is added. */
void log_print(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * log_ratelimit() - Whether a call site may print now.
 * @state: of the call site, zero at start
 *
 * The first 20 lines of a site are printed, the 21st says that more are
 * suppressed; the guest decides how often a site is reached.
 */
int log_ratelimit(unsigned int *state);

#define log_error(...) log_print(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)

/** log_guest() - A warning about something that a guest did. */
#define log_guest(...)                                    \
	do {                                              \
		static unsigned int _state;               \
		if (log_ratelimit(&_state))               \
			log_print(LOG_WARN, __VA_ARGS__); \
	} while (0)

#endif /* HW_LOG_H */
