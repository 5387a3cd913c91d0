// SPDX-License-Identifier: GPL-2.0
/*
 * The capability fields (11.4.2, 11.4.3): defaults, changes from the command
 * line, and what they make reserved in the tables. A field is listed only if
 * the model can do both of its values; FRO and IRO are fixed by the layout.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vtd/vtd_internal.h"

/**
 * struct field - One capability field.
 * @bits: values allowed are subsets of these bits; 0 means any value up to @max
 * @def: default value
 */
struct field {
	const char *name;
	bool ecap;
	u64 mask;
	u64 def;
	u64 max;
	u64 bits;
	const char *text;
};

#define CAP(n, m, d, x, b, t)           \
	{                               \
		n, false, m, d, x, b, t \
	}
#define ECAP(n, m, d, x, b, t)         \
	{                              \
		n, true, m, d, x, b, t \
	}

static const struct field fields[] = {
	CAP("nd", VTD_CAP_ND, 6, 6, 0, "2^(4 + 2 * nd) domain-ids"),
	CAP("rwbf", VTD_CAP_RWBF, 0, 1, 0, "write-buffer flush required"),
	CAP("cm", VTD_CAP_CM, 0, 1, 0, "caching mode (nothing more is cached)"),
	CAP("sagaw", VTD_CAP_SAGAW, 0x6, 0, 0xe, "second stage of n + 2 levels, a bit each"),
	CAP("mgaw", VTD_CAP_MGAW, 47, 56, 0, "guest address width - 1"),
	CAP("zlr", VTD_CAP_ZLR, 1, 1, 0, "zero-length read"),
	CAP("sslps", VTD_CAP_SSLPS, 3, 0, 3, "second-stage pages: 1 = 2 MiB, 2 = 1 GiB"),
	CAP("psi", VTD_CAP_PSI, 1, 1, 0, "page-selective IOTLB invalidation"),
	CAP("nfr", VTD_CAP_NFR, 7, VTD_FRCD_MAX - 1, 0, "fault recording registers - 1"),
	CAP("mamv", VTD_CAP_MAMV, 18, 63, 0, "largest address mask"),
	CAP("dwd", VTD_CAP_DWD, 1, 1, 0, "write drain"),
	CAP("drd", VTD_CAP_DRD, 1, 1, 0, "read drain"),
	CAP("fs1gp", VTD_CAP_FS1GP, 1, 1, 0, "first-stage 1 GiB pages"),
	CAP("fs5lp", VTD_CAP_FS5LP, 1, 1, 0, "first-stage 5-level paging"),
	CAP("ecmds", VTD_CAP_ECMDS, 1, 1, 0, "enhanced commands"),
	CAP("esirtps", VTD_CAP_ESIRTPS, 0, 1, 0, "SIRTP invalidates"),
	CAP("esrtps", VTD_CAP_ESRTPS, 1, 1, 0, "SRTP invalidates"),
	ECAP("c", VTD_ECAP_C, 1, 1, 0, "page-walk coherency"),
	ECAP("qi", VTD_ECAP_QI, 1, 1, 0, "queued invalidation"),
	ECAP("dt", VTD_ECAP_DT, 1, 1, 0, "device-TLB"),
	ECAP("ir", VTD_ECAP_IR, 0, 1, 0, "interrupt remapping (the handshake only)"),
	ECAP("eim", VTD_ECAP_EIM, 0, 1, 0, "extended interrupt mode (likewise)"),
	ECAP("pt", VTD_ECAP_PT, 1, 1, 0, "pass-through"),
	ECAP("sc", VTD_ECAP_SC, 1, 1, 0, "snoop control"),
	ECAP("mhmv", VTD_ECAP_MHMV, 0, 15, 0, "largest interrupt handle mask"),
	ECAP("nest", VTD_ECAP_NEST, 1, 1, 0, "nested translation"),
	ECAP("prs", VTD_ECAP_PRS, 1, 1, 0, "page request"),
	ECAP("ers", VTD_ECAP_ERS, 0, 1, 0, "execute request"),
	ECAP("srs", VTD_ECAP_SRS, 1, 1, 0, "supervisor request"),
	ECAP("nwfs", VTD_ECAP_NWFS, 1, 1, 0, "no-write flag"),
	ECAP("eafs", VTD_ECAP_EAFS, 1, 1, 0, "extended accessed flag"),
	ECAP("pss", VTD_ECAP_PSS, 19, 19, 0, "PASID bits - 1"),
	ECAP("pasid", VTD_ECAP_PASID, 1, 1, 0, "requests with PASID"),
	ECAP("dit", VTD_ECAP_DIT, 1, 1, 0, "device-TLB invalidation throttle"),
	ECAP("pds", VTD_ECAP_PDS, 1, 1, 0, "page-request drain"),
	ECAP("smts", VTD_ECAP_SMTS, 1, 1, 0, "scalable mode"),
	ECAP("vcs", VTD_ECAP_VCS, 1, 1, 0, "virtual commands"),
	ECAP("ssads", VTD_ECAP_SSADS, 1, 1, 0, "second-stage accessed/dirty"),
	ECAP("ssts", VTD_ECAP_SSTS, 1, 1, 0, "second-stage translation"),
	ECAP("fsts", VTD_ECAP_FSTS, 1, 1, 0, "first-stage translation"),
	ECAP("smpwc", VTD_ECAP_SMPWCS, 1, 1, 0, "scalable-mode page-walk coherency"),
	ECAP("rps", VTD_ECAP_RPS, 1, 1, 0, "RID_PASID"),
	ECAP("pms", VTD_ECAP_PMS, 1, 1, 0, "performance monitoring"),
};

#define FIELDS (ARRAY_SIZE(fields))

static void field_set(struct vtd_config *cfg, const struct field *f, u64 val)
{
	u64 *reg = f->ecap ? &cfg->ecap : &cfg->cap;

	*reg = (*reg & ~f->mask) | svk_put(f->mask, val);
}

void vtd_config_default(struct vtd_config *cfg)
{
	cfg->index = 0;
	cfg->cap = svk_put(VTD_CAP_FRO, VTD_FRCD_BASE / 16);
	cfg->ecap = svk_put(VTD_ECAP_IRO, VTD_IOTLB_BASE / 16);
	cfg->max_entries = 1u << 20;
	cfg->vcs_first = 0;
	cfg->vcs_last = 0;
	cfg->pms_width = 48;
	for (size_t i = 0; i < FIELDS; i++)
		field_set(cfg, &fields[i], fields[i].def);
}

static const struct field *field_find(bool ecap, const char *name, size_t len)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (fields[i].ecap == ecap && strlen(fields[i].name) == len &&
		    !strncmp(fields[i].name, name, len))
			return &fields[i];
	}
	return NULL;
}

static bool field_parse_value(const struct field *f, const char *text, const char *end, u64 *val)
{
	char *stop;

	if (text == end || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*val = strtoull(text, &stop, 0);
	if (errno || stop != end)
		return false;
	return f->bits ? !(*val & ~f->bits) : *val <= f->max;
}

/* "-name", "+name" or "name=value" in [item, end). */
static int item_apply(struct vtd_config *cfg, bool ecap, const char *item, const char *end)
{
	bool sign = *item == '-' || *item == '+';
	const char *name = sign ? item + 1 : item;
	const char *eq = memchr(name, '=', (size_t)(end - name));
	const struct field *f = field_find(ecap, name, (size_t)((eq ? eq : end) - name));
	u64 val = *item == '+';

	if (!f || sign == !!eq)
		return -EINVAL;
	if (eq && !field_parse_value(f, eq + 1, end, &val))
		return -EINVAL;
	/* "+" has no meaning for a field of several bits. */
	if (*item == '+' && (f->mask & (f->mask - 1)))
		return -EINVAL;
	field_set(cfg, f, val);
	return 0;
}

int vtd_config_set(struct vtd_config *cfg, const char *reg, const char *spec, const char **bad)
{
	bool ecap = !strcmp(reg, "ecap");
	struct vtd_config work = *cfg;

	*bad = spec;
	if (!ecap && strcmp(reg, "cap"))
		return -EINVAL;
	for (;;) {
		const char *end = spec + strcspn(spec, ",");

		*bad = spec;
		if (end == spec || item_apply(&work, ecap, spec, end))
			return -EINVAL;
		if (!*end)
			break;
		spec = end + 1;
	}
	*cfg = work;
	return 0;
}

int vtd_config_check(const struct vtd_config *cfg)
{
	u64 end = 1ULL << (svk_get(VTD_ECAP_PSS, cfg->ecap) + 1);

	if (!cfg->vcs_first && !cfg->vcs_last)
		return 0;
	if (!cfg->vcs_first || cfg->vcs_first > cfg->vcs_last || cfg->vcs_last >= end)
		return -EINVAL;
	return 0;
}

void vtd_config_help(void)
{
	printf("%-9s %-5s %-6s %-8s %-8s %s\n", "field", "reg", "bits", "default", "section",
	       "meaning");
	for (size_t i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];
		int lo = __builtin_ctzll(f->mask), hi = 63 - __builtin_clzll(f->mask);
		char bits[16];

		if (hi == lo)
			snprintf(bits, sizeof(bits), "%d", lo);
		else
			snprintf(bits, sizeof(bits), "%d:%d", hi, lo);
		printf("%-9s %-5s %-6s %-8llu %-8s %s\n", f->name, f->ecap ? "ecap" : "cap", bits,
		       (unsigned long long)f->def, f->ecap ? "11.4.3" : "11.4.2", f->text);
	}
}

static u64 unless(bool supported, u64 bits)
{
	return supported ? 0 : bits;
}

static void decode_stages(struct vtd *v)
{
	u64 sslps = svk_get(VTD_CAP_SSLPS, v->cfg.cap);
	u64 snp = unless(vtd_has_ecap(v, VTD_ECAP_SC), VTD_SS_SNP);

	for (unsigned int level = 1; level <= 5; level++) {
		u64 addr = SVK_MASK(51, VTD_HAW);

		v->fs_rsvd[level][0] = addr | (level > 3 ? VTD_FS_PS : 0);
		v->fs_rsvd[level][1] = addr;
		v->ss_rsvd[level][0] = addr | VTD_SS_SNP | (level > 3 ? VTD_SS_PS : 0);
		v->ss_rsvd[level][1] = addr | snp;
	}
	/* First-stage superpages have PAT in bit 12. */
	v->fs_rsvd[2][1] |= SVK_MASK(20, 13);
	v->fs_rsvd[3][1] |= SVK_MASK(29, 13) | unless(vtd_has_cap(v, VTD_CAP_FS1GP), VTD_FS_PS);
	v->ss_rsvd[2][1] |= SVK_MASK(20, 12) | unless(sslps & 1, VTD_SS_PS);
	v->ss_rsvd[3][1] |= SVK_MASK(29, 12) | unless(sslps & 2, VTD_SS_PS);
}

void vtd_decode(struct vtd *v)
{
	u64 above = ~SVK_MASK(VTD_HAW - 1, 0);
	bool ers = vtd_has_ecap(v, VTD_ECAP_ERS), srs = vtd_has_ecap(v, VTD_ECAP_SRS);
	unsigned int did_bits = 4 + 2 * (unsigned int)svk_get(VTD_CAP_ND, v->cfg.cap);

	v->input_width = svk_get(VTD_CAP_MGAW, v->cfg.cap) + 1;
	v->ce_rsvd[0] = SVK_MASK(8, 5) | above | unless(vtd_has_ecap(v, VTD_ECAP_DT), VTD_CE_DTE) |
			unless(vtd_has_ecap(v, VTD_ECAP_PASID), VTD_CE_PASIDE) |
			unless(vtd_has_ecap(v, VTD_ECAP_PRS), VTD_CE_PRE);
	v->ce_rsvd[1] = ~(VTD_CE1_RID_PASID | VTD_CE1_RID_PRIV) | unless(srs, VTD_CE1_RID_PRIV) |
			unless(vtd_has_ecap(v, VTD_ECAP_RPS), VTD_CE1_RID_PASID);
	v->pe_rsvd[0] = SVK_BIT(5) | SVK_MASK(11, 10) | above |
			unless(vtd_has_ecap(v, VTD_ECAP_SSADS), VTD_PE_SSADE);
	v->pe_rsvd[1] = ~(SVK_MASK(did_bits - 1, 0) | VTD_PE1_PWSNP | VTD_PE1_PGSNP) |
			unless(vtd_has_ecap(v, VTD_ECAP_SMPWCS), VTD_PE1_PWSNP) |
			unless(vtd_has_ecap(v, VTD_ECAP_SC), VTD_PE1_PGSNP);
	v->pe_rsvd[2] = SVK_MASK(11, 8) | above | unless(srs, VTD_PE2_SRE | VTD_PE2_WPE) |
			unless(ers, VTD_PE2_ERE | VTD_PE2_NXE) | unless(ers && srs, VTD_PE2_SMEP) |
			unless(vtd_has_ecap(v, VTD_ECAP_EAFS), VTD_PE2_EAFE);
	decode_stages(v);
}
