/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The language of the inputs of fuzz_vfio_user(): operations of one byte, enum client_op in bits
 * 3:0 modulo CLIENT_OPS, CLIENT_* in bits 7:4, and their operands. Two functions listen, the unit
 * and an accelerator; three clients talk, to whom they like.
 */
#ifndef HW_FUZZ_CLIENT_H
#define HW_FUZZ_CLIENT_H

/* Bits 7:4 of every operation. */
#define CLIENT_WHO 0x30u /* client, modulo CLIENTS */
#define CLIENT_QUIET 0x40u /* the server does not look yet */
#define CLIENT_CUT 0x80u /* MESSAGE: u16: only so many bytes of it are sent now */

enum client_op {
	CLIENT_CONNECT, /* u8: bit 0 to the accelerator */
	CLIENT_CLOSE,
	CLIENT_NEGOTIATE, /* VERSION as QEMU sends it */
	CLIENT_MESSAGE, /* u8 command, u8 CLIENT_H_*, u8 fds, what these ask for, u8 bytes, these */
	CLIENT_ACCESS, /* u8: bits 3:0 region, 5:4 log2 of the width, 7 write; u16 offset; bytes */
	CLIENT_MAP, /* u8 fds, u8 page, u8 pages, u8 page of the file, u8 flags */
	CLIENT_UNMAP, /* u8 page, u8 pages; 0: all */
	CLIENT_IRQS, /* u8 fds, u8 start, u8 count, u8: bits 2:0 data, bits 5:3 action */
	CLIENT_AGAIN, /* u8: the last message of this client so many times */
	CLIENT_REPLY, /* u8: bits 4:0 to which command of the server, bit 5 error, bit 6 wrong id */
	CLIENT_RECEIVE, /* all that came */
	CLIENT_SHUTDOWN, /* u8: how, as shutdown() has it, modulo 3 */
	CLIENT_MEMORY, /* u8 page, u16 offset, u64: into the memory file of client 0 */
	CLIENT_RUN, /* u8: turns of the engine, at most 31 */
	CLIENT_RAW, /* u8 fds, u8 length, bytes */
	CLIENT_OPS
};

/* Of CLIENT_MESSAGE. */
#define CLIENT_H_SIZE 1u /* u32 size instead of the right one */
#define CLIENT_H_FLAGS 2u /* u32 flags instead of a command's */
#define CLIENT_H_LONG 4u /* length counts 16 bytes */
#define CLIENT_H_ERROR 8u /* u32 error instead of 0 */

/* An fds operand: bits 4:0 how many, bits 7:5 of which kind the first is, the others after it. */
#define CLIENT_FDS 31u
#define CLIENT_FD_SHIFT 5

enum client_fd {
	CLIENT_FD_MEMORY, /* sealed memory file */
	CLIENT_FD_EVENT,
	CLIENT_FD_UNSEALED,
	CLIENT_FD_HUGE, /* of huge pages, of which there are none */
	CLIENT_FD_FULL, /* an eventfd at its limit */
	CLIENT_FD_SOCKET,
	CLIENT_FD_READ_ONLY, /* the sealed memory file */
	CLIENT_FD_NULL, /* /dev/null */
	CLIENT_FD_KINDS
};

#define CLIENTS 3
#define CLIENT_PAGES 16 /* of the memory file */

#endif /* HW_FUZZ_CLIENT_H */
