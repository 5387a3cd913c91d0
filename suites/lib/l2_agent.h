/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other end of l2_ask(): a test program of L1 runs itself as an agent in the VM that it has
 * started, and does what it is told through a virtio port. Assertions there end up in its last
 * word, "failed", and the VM's events, which the test prints.
 */
#ifndef SUITES_LIB_L2_AGENT_H
#define SUITES_LIB_L2_AGENT_H

#include <svakit/types.h>

struct process;

#define L2_AGENT_PORT "svakit.agent"
#define L2_AGENT_WORD "agent" /* the argument that makes a program the agent */

#define L2_AGENT_ARGS 4
#define L2_AGENT_REPLY 24

/**
 * struct l2_call - A request.
 * @arg: its arguments, 0 where there is none
 * @reply: numbers to answer with
 * @replies: how many
 */
struct l2_call {
	u64 arg[L2_AGENT_ARGS];
	u64 reply[L2_AGENT_REPLY];
	unsigned int replies;
};

/* For requests of a program's own. */

/** l2_agent_select() - svk_device_select() for an enum l2_device. */
void l2_agent_select(u64 device);
/** l2_agent_physical() - Return: guest physical address of the page at @addr. */
u64 l2_agent_physical(const void *addr);
/** l2_agent_hear() - process_hear() in a process that waits for however long the test takes. */
u64 l2_agent_hear(const struct process *parent);
/** l2_answer() - Add a number to the reply. */
void l2_answer(struct l2_call *call, u64 value);

/**
 * struct l2_request - What an agent can be asked for.
 * @name: first word of the request; NULL ends a table
 * @serve: does it
 */
struct l2_request {
	const char *name;
	void (*serve)(struct l2_call *call);
};

/**
 * l2_agent() - First in main(): does not return if the program is to be the agent.
 * @requests: beside those that every agent knows (l2.h); may be NULL
 */
void l2_agent(int argc, char **argv, const struct l2_request *requests);

/**
 * L2_MAIN() - main() of a test program that is its own agent.
 * @requests: as for l2_agent()
 */
#define L2_MAIN(requests)                                  \
	int main(int argc, char **argv)                    \
	{                                                  \
		l2_agent(argc, argv, requests);            \
		exit(harness_run(argc, argv, l2_require)); \
	}

#endif /* SUITES_LIB_L2_AGENT_H */
