// SPDX-License-Identifier: GPL-2.0
/* Capability fields from the command line, and what each of them changes. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/vtd_fixture.h"

static void defaults_are_what_linux_needs(void **state)
{
	const u64 ecap = VTD_ECAP_C | VTD_ECAP_QI | VTD_ECAP_DT | VTD_ECAP_PT | VTD_ECAP_SC |
			 VTD_ECAP_NEST | VTD_ECAP_PRS | VTD_ECAP_PASID | VTD_ECAP_PDS |
			 VTD_ECAP_VCS | VTD_ECAP_SMTS | VTD_ECAP_SSTS | VTD_ECAP_FSTS |
			 VTD_ECAP_SMPWCS;
	struct vtd_config cfg;

	(void)state;
	vtd_config_default(&cfg);
	assert_int_equal(cfg.ecap & ecap, ecap);
	assert_int_equal(cfg.ecap & (VTD_ECAP_IR | VTD_ECAP_ERS), 0);
	assert_int_equal(cfg.cap & VTD_CAP_CM, 0);
	assert_int_equal(svk_get(VTD_CAP_SAGAW, cfg.cap) & 4, 4);
	assert_int_equal(svk_get(VTD_CAP_MGAW, cfg.cap), 47);
	assert_int_equal(svk_get(VTD_ECAP_PSS, cfg.ecap), 19);
	assert_true(svk_get(VTD_CAP_NFR, cfg.cap) >= 7);
	assert_true(cfg.cap & VTD_CAP_FS1GP && cfg.cap & VTD_CAP_FS5LP);
}

static void one_item_changes_one_field(void **state)
{
	struct vtd_config def, cfg;
	const char *bad;

	(void)state;
	vtd_config_default(&def);
	cfg = def;
	assert_int_equal(vtd_config_set(&cfg, "ecap", "-smpwc", &bad), 0);
	assert_int_equal(cfg.ecap, def.ecap & ~VTD_ECAP_SMPWCS);
	assert_int_equal(cfg.cap, def.cap);
	assert_int_equal(vtd_config_set(&cfg, "ecap", "+smpwc", &bad), 0);
	assert_int_equal(cfg.ecap, def.ecap);
	assert_int_equal(vtd_config_set(&cfg, "cap", "mgaw=0x38,-psi,sagaw=12,zlr=0", &bad), 0);
	assert_int_equal(svk_get(VTD_CAP_MGAW, cfg.cap), 56);
	assert_int_equal(svk_get(VTD_CAP_SAGAW, cfg.cap), 12);
	assert_int_equal(cfg.cap & (VTD_CAP_PSI | VTD_CAP_ZLR), 0);
	assert_int_equal(vtd_config_set(&cfg, "cap", "-sslps", &bad), 0);
	assert_int_equal(svk_get(VTD_CAP_SSLPS, cfg.cap), 0);
}

static void bad_item_is_named_and_nothing_changes(void **state)
{
	static const struct {
		const char *reg;
		const char *spec;
		const char *bad;
	} cases[] = {
		{"ecap", "-smpwc,+nosuch,-pt", "+nosuch,-pt"},
		{"ecap", "-psi", "-psi"}, /* a field of the other register */
		{"cap", "psi", "psi"},
		{"cap", "+mgaw", "+mgaw"},
		{"cap", "-mgaw=3", "-mgaw=3"},
		{"cap", "mgaw=57", "mgaw=57"},
		{"cap", "mgaw=-1", "mgaw=-1"},
		{"cap", "mgaw=", "mgaw="},
		{"cap", "mgaw=4x", "mgaw=4x"},
		{"cap", "mgaw=99999999999999999999", "mgaw=99999999999999999999"},
		{"cap", "sagaw=16", "sagaw=16"},
		{"cap", "fro=3", "fro=3"},
		{"cap", "zlr=2", "zlr=2"},
		{"cap", "", ""},
		{"cap", "-psi,", ""},
		{"gcap", "-psi", "-psi"},
	};
	struct vtd_config def, cfg;
	const char *bad;

	(void)state;
	/* with what is between the members */
	memset(&def, 0, sizeof(def));
	vtd_config_default(&def);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(&cfg, &def, sizeof(cfg));
		assert_int_equal(vtd_config_set(&cfg, cases[i].reg, cases[i].spec, &bad), -22);
		assert_string_equal(bad, cases[i].bad);
		assert_memory_equal(&cfg, &def, sizeof(cfg));
	}
}

static void help_lists_every_field(void **state)
{
	static const char *const names[] = {"nd", "mgaw", "sagaw", "nfr", "smpwc", "pss", "nest"};
	FILE *out = tmpfile();
	char text[8192];
	size_t len;
	int saved;

	(void)state;
	assert_non_null(out);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	dup2(fileno(out), STDOUT_FILENO);
	vtd_config_help();
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(out);
	len = fread(text, 1, sizeof(text) - 1, out);
	text[len] = 0;
	fclose(out);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char line[16];

		snprintf(line, sizeof(line), "\n%s ", names[i]);
		assert_non_null(strstr(text, line));
	}
}

/* Every one-bit field off, one at a time: the unit works or refuses, and lives. */
static void any_single_bit_may_be_off(void **state)
{
	static const char *const ecap[] = {"c",	    "qi",   "dt",   "pt",    "sc",  "nest", "prs",
					   "srs",   "nwfs", "eafs", "pasid", "dit", "pds",  "smts",
					   "ssads", "ssts", "fsts", "smpwc", "rps", "vcs"};
	struct vt *vt = *state;
	struct vtd_translation t;

	for (size_t i = 0; i < ARRAY_SIZE(ecap); i++) {
		char spec[16];
		bool fatal = !strcmp(ecap[i], "smts") || !strcmp(ecap[i], "fsts") ||
			     !strcmp(ecap[i], "pasid") || !strcmp(ecap[i], "dt");

		snprintf(spec, sizeof(spec), "-%s", ecap[i]);
		vt_rebuild(vt, NULL, spec);
		vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
		assert_int_equal(vt_xlate(vt, VT_SID, 5, 0x1000, false, &t) != 0, fatal);
		vt_submit(vt, vt_desc_iotlb(VTD_GRAN_GLOBAL, 0), 0);
		vt_write32(vt, VTD_IQT, 0x7fff0);
	}
}

static void registers_follow_capabilities(void **state)
{
	struct vt *vt = *state;

	vt_rebuild(vt, NULL, "-qi");
	vt_write32(vt, VTD_GCMD, VTD_G_QIE);
	assert_int_equal(vt_read32(vt, VTD_GSTS) & VTD_G_QIE, 0);
	vt_write64(vt, VTD_IQA, ~0ULL);
	assert_int_equal(vt_read64(vt, VTD_IQA), 0);
	vt_rebuild(vt, NULL, "-prs");
	vt_write64(vt, VTD_PQA, ~0ULL);
	assert_int_equal(vt_read64(vt, VTD_PQA), 0);
	vt_write64(vt, VTD_IRTA, ~0ULL);
	vt_write32(vt, VTD_GCMD, VTD_G_SIRTP | VTD_G_IRE | VTD_G_CFI);
	assert_int_equal(vt_read64(vt, VTD_IRTA), 0);
	assert_int_equal(vt_read32(vt, VTD_GSTS) & (VTD_G_SIRTP | VTD_G_IRE | VTD_G_CFI), 0);
	vt_rebuild(vt, NULL, "+ir");
	vt_write64(vt, VTD_IRTA, 0x1f000 | 0xf);
	assert_int_equal(vt_read64(vt, VTD_IRTA), 0x1f00f);
	vt_write32(vt, VTD_GCMD, VTD_G_SIRTP);
	vt_write32(vt, VTD_GCMD, VTD_G_IRE);
	assert_int_equal(vt_read32(vt, VTD_GSTS), VTD_G_SIRTP | VTD_G_SRTP | VTD_G_IRE);
	vt_rebuild(vt, NULL, "-smts");
	vt_write32(vt, VTD_GCMD, 0);
	vt_write64(vt, VTD_IQA, 0x1000 | VTD_IQA_DW);
	assert_int_equal(vt_read64(vt, VTD_IQA), 0x1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_what_linux_needs),
		cmocka_unit_test(one_item_changes_one_field),
		cmocka_unit_test(bad_item_is_named_and_nothing_changes),
		cmocka_unit_test(help_lists_every_field),
		cmocka_unit_test_setup_teardown(any_single_bit_may_be_off, vt_setup, vt_teardown),
		cmocka_unit_test_setup_teardown(registers_follow_capabilities, vt_setup,
						vt_teardown),
	};

	return cmocka_run_group_tests_name("vtd_config", tests, NULL, NULL);
}
