// SPDX-License-Identifier: GPL-2.0
/*
 * fio's I/O by the accelerator: a read copies from the mapping of the file into fio's buffer, a
 * write the other way, a trim fills with zeros, a sync drains the queue. The buffers are fio's own,
 * and nobody has registered them: the device shares the address space of the job, which is a
 * process or a thread.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Before fio, whose macros have names of our functions. */
#include "sva_queue.h"

#include "fio.h"
#include "optgroup.h"

/**
 * struct sva_job_options - Options of a job file.
 * @pad: fio takes an option at offset 0 for none
 * @device: PCI address, or NULL
 * @batch: I/Os of a descriptor
 * @spin: microseconds that a wait spins
 * @page_requests: missing pages are asked for by the device
 */
struct sva_job_options {
	void *pad;
	char *device;
	unsigned int batch;
	unsigned int spin;
	unsigned int page_requests;
};

static struct fio_option options[] = {
	{
		.name = "device",
		.lname = "Accelerator",
		.type = FIO_OPT_STR_STORE,
		.off1 = offsetof(struct sva_job_options, device),
		.help = "PCI address of the accelerator; one a process",
		.category = FIO_OPT_C_ENGINE,
		.group = FIO_OPT_G_INVALID,
	},
	{
		.name = "batch",
		.lname = "Batch",
		.type = FIO_OPT_INT,
		.off1 = offsetof(struct sva_job_options, batch),
		.help = "I/Os that go into one descriptor",
		.def = "1",
		.minval = 1,
		.maxval = SVA_BATCH_MAX,
		.category = FIO_OPT_C_ENGINE,
		.group = FIO_OPT_G_INVALID,
	},
	{
		.name = "spin",
		.lname = "Spin",
		.type = FIO_OPT_INT,
		.off1 = offsetof(struct sva_job_options, spin),
		.help = "Microseconds of a wait before the CPU is given away; one a process",
		.def = "100",
		.category = FIO_OPT_C_ENGINE,
		.group = FIO_OPT_G_INVALID,
	},
	{
		.name = "page_requests",
		.lname = "Page requests",
		.type = FIO_OPT_BOOL,
		.off1 = offsetof(struct sva_job_options, page_requests),
		.help = "The device asks for missing pages; else the CPU touches them",
		.def = "0",
		.category = FIO_OPT_C_ENGINE,
		.group = FIO_OPT_G_INVALID,
	},
	{
		.name = NULL,
	},
};

/**
 * struct sva_job - A job's queue.
 * @q: the queue
 * @done: I/Os that have ended, for ->event()
 */
struct sva_job {
	struct sva_queue *q;
	struct sva_done *done;
};

/**
 * struct sva_file - A file that is open.
 * @mem: its mapping
 * @size: of it
 */
struct sva_file {
	u8 *mem;
	size_t size;
};

static const char *reason(int error)
{
	switch (error) {
	case -ENODEV:
		return "there is no such svakit accelerator, or it has no driver";
	case -EBUSY:
		return "no queue is left, or another thread has another device= (thread=0 makes it "
		       "a process)";
	default:
		return strerror(-error);
	}
}

static void sva_cleanup(struct thread_data *td)
{
	struct sva_job *job = td->io_ops_data;

	if (!job)
		return;
	sva_queue_close(job->q);
	free(job->done);
	free(job);
	td->io_ops_data = NULL;
}

static int sva_init(struct thread_data *td)
{
	const struct sva_job_options *o = td->eo;
	const struct sva_options queue = {
		.depth = td->o.iodepth,
		.batch = o->batch,
		.spin_us = o->spin,
		.ask = o->page_requests,
	};
	struct sva_job *job = calloc(1, sizeof(*job));
	int ret = -ENOMEM;

	td->io_ops_data = job;
	if (job)
		job->done = calloc(td->o.iodepth, sizeof(*job->done));
	if (job && job->done)
		ret = sva_queue_open(o->device, &queue, &job->q);
	if (!ret)
		return 0;
	log_err("sva: %s: %s\n", o->device ? o->device : "accelerator", reason(ret));
	sva_cleanup(td);
	td_verror(td, -ret, "sva");
	return 1;
}

static int sva_close_file(struct thread_data *td, struct fio_file *f)
{
	struct sva_file *file = FILE_ENG_DATA(f);

	FILE_SET_ENG_DATA(f, NULL);
	if (file && file->mem && munmap(file->mem, file->size))
		td_verror(td, errno, "munmap");
	free(file);
	return generic_close_file(td, f);
}

/* Its pages are there before they are wanted; they would be brought in later, too. */
static int map_file(struct thread_data *td, struct fio_file *f, struct sva_file *file)
{
	bool write = !read_only && (td_write(td) || td_trim(td));
	struct stat st;

	if (fstat(f->fd, &st))
		return -errno;
	file->size = (size_t)st.st_size;
	file->mem =
		mmap(NULL, file->size, PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED, f->fd, 0);
	if (file->mem == MAP_FAILED) {
		file->mem = NULL;
		return -errno;
	}
	(void)madvise(file->mem, file->size, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
	return 0;
}

static int sva_open_file(struct thread_data *td, struct fio_file *f)
{
	struct sva_file *file;
	int ret = generic_open_file(td, f);

	if (ret)
		return ret;
	file = calloc(1, sizeof(*file));
	FILE_SET_ENG_DATA(f, file);
	ret = file ? map_file(td, f, file) : -ENOMEM;
	if (!ret)
		return 0;
	log_err("sva: mapping %s: %s\n", f->file_name, strerror(-ret));
	td_verror(td, -ret, "sva: map");
	(void)sva_close_file(td, f);
	return 1;
}

/* Return: 0, or -errno if it reaches beyond the mapping. */
static int request_of(struct io_u *io_u, struct sva_request *r)
{
	const struct sva_file *file = FILE_ENG_DATA(io_u->file);
	u8 *at = file->mem + io_u->offset;

	*r = (struct sva_request){.op = SVA_DRAIN, .owner = io_u};
	if (ddir_sync(io_u->ddir))
		return 0;
	if (io_u->offset > file->size || io_u->xfer_buflen > file->size - io_u->offset)
		return -ENOSPC;
	r->size = io_u->xfer_buflen;
	r->op = io_u->ddir == DDIR_TRIM ? SVA_ZERO : SVA_COPY;
	r->dst = io_u->ddir == DDIR_READ ? io_u->xfer_buf : (void *)at;
	r->src = io_u->ddir == DDIR_READ ? (const void *)at : io_u->xfer_buf;
	return 0;
}

static enum fio_q_status sva_queue(struct thread_data *td, struct io_u *io_u)
{
	struct sva_job *job = td->io_ops_data;
	struct sva_request request;

	fio_ro_check(td, io_u);
	io_u->error = (unsigned int)-request_of(io_u, &request);
	if (io_u->error)
		return FIO_Q_COMPLETED;
	return sva_queue_put(job->q, &request) ? FIO_Q_BUSY : FIO_Q_QUEUED;
}

static int sva_commit(struct thread_data *td)
{
	struct sva_job *job = td->io_ops_data;

	sva_queue_commit(job->q);
	return 0;
}

static int sva_getevents(struct thread_data *td, unsigned int min, unsigned int max,
			 const struct timespec *t)
{
	struct sva_job *job = td->io_ops_data;
	int timeout = t ? (int)(t->tv_sec * 1000 + t->tv_nsec / 1000000) : -1;

	return (int)sva_queue_reap(job->q, min, max, timeout, job->done);
}

static struct io_u *sva_event(struct thread_data *td, int event)
{
	struct sva_job *job = td->io_ops_data;
	const struct sva_done *done = &job->done[event];
	struct io_u *io_u = done->owner;

	io_u->error = (unsigned int)-done->error;
	io_u->resid = io_u->xfer_buflen - done->done;
	if (ddir_sync(io_u->ddir))
		io_u->resid = 0;
	return io_u;
}

/* fio looks for this name. */
struct ioengine_ops ioengine __attribute__((visibility("default"))) = {
	.name = "sva",
	.version = FIO_IOOPS_VERSION,
	.flags = FIO_NOEXTEND | FIO_NODISKUTIL,
	.init = sva_init,
	.cleanup = sva_cleanup,
	.queue = sva_queue,
	.commit = sva_commit,
	.getevents = sva_getevents,
	.event = sva_event,
	.open_file = sva_open_file,
	.close_file = sva_close_file,
	.get_file_size = generic_get_file_size,
	.options = options,
	.option_struct_size = sizeof(struct sva_job_options),
};
