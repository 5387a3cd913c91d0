// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/svakit_mdev: who has which host PASID, for what, and which
 * queues use it. docs/mdev.md describes the files.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "svakit_mdev.h"

static struct dentry *view_dir;

static void svk_view_queues(struct seq_file *s, struct svk_mdev *m, const struct svk_binding *b)
{
	const char *separator = "";

	for (u32 i = 0; i < m->nr_queues; i++) {
		if (m->queues[i].binding != b ||
		    svk_hwq_state(m->queues[i].hw) == SVK_QSTATE_DISABLED)
			continue;
		seq_printf(s, "%s%u", separator, i);
		separator = ",";
	}
	seq_puts(s, *separator ? "\n" : "-\n");
}

static void svk_view_gpasid(struct seq_file *s, const struct svk_binding *b)
{
	if (b->gpasid == SVK_GPASID_NONE)
		seq_puts(s, "-");
	else
		seq_printf(s, "%u", b->gpasid);
}

static void svk_view_row(struct seq_file *s, struct svk_mdev *m, const struct svk_binding *b)
{
	seq_printf(s, "%u %s %s ", m->vm->id, pci_name(m->parent->pdev), dev_name(svk_mdev_dev(m)));
	svk_view_gpasid(s, b);
	seq_printf(s, " %u %u ", b->hpasid, b->hwpt);
	svk_view_queues(s, m, b);
}

static void svk_view_mdev(struct seq_file *s, struct svk_mdev *m)
{
	struct svk_binding *b;
	unsigned long gpasid;

	guard(mutex)(&m->lock);

	if (m->default_binding)
		svk_view_row(s, m, m->default_binding);
	xa_for_each(&m->bindings, gpasid, b)
		svk_view_row(s, m, b);
}

static int map_show(struct seq_file *s, void *unused)
{
	struct svk_mdev *m;

	seq_puts(s, "# vm parent mdev guest_pasid host_pasid hwpt queues\n");

	guard(mutex)(&svk_mdevs_lock);

	list_for_each_entry(m, &svk_mdevs, link)
		svk_view_mdev(s, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(map);

/* Newest first: a host PASID belongs to the first one that names it. */
static int past_show(struct seq_file *s, void *unused)
{
	const struct svk_binding *b;
	struct svk_mdev *m;

	seq_puts(s, "# mdev guest_pasid host_pasid\n");

	guard(mutex)(&svk_mdevs_lock);

	list_for_each_entry(m, &svk_mdevs, link) {
		guard(mutex)(&m->lock);

		for (u32 back = 0; (b = svk_past_get(m, back)); back++) {
			seq_printf(s, "%s ", dev_name(svk_mdev_dev(m)));
			svk_view_gpasid(s, b);
			seq_printf(s, " %u\n", b->hpasid);
		}
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(past);

static int vms_show(struct seq_file *s, void *unused)
{
	seq_puts(s, "# vm pid quota used\n");
	svk_vms_show(s);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vms);

/** svk_view_init() - Make the files; without debugfs there are none. */
void svk_view_init(void)
{
	view_dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("map", 0400, view_dir, NULL, &map_fops);
	debugfs_create_file("past", 0400, view_dir, NULL, &past_fops);
	debugfs_create_file("vms", 0400, view_dir, NULL, &vms_fops);
}

/** svk_view_exit() - Undo svk_view_init(). */
void svk_view_exit(void)
{
	debugfs_remove(view_dir);
}
