/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VT-d registers, invalidation descriptors, table entries and fault reasons,
 * named as in "Intel Virtualization Technology for Directed I/O Architecture
 * Specification", revision 4.1; the section is behind each group. A register
 * comment gives its width in bytes and the access (RO, RW, WO, W1C).
 *
 * Registers are little endian; 8-byte registers may be accessed as two halves.
 */
#ifndef SVAKIT_VTD_REGS_H
#define SVAKIT_VTD_REGS_H

#include <svakit/types.h>

#define VTD_REG_SIZE 16384

/* Register offsets (11.4). */
#define VTD_VER 0x00 /* RO 4: version (11.4.1) */
#define VTD_CAP 0x08 /* RO 8: capability (11.4.2) */
#define VTD_ECAP 0x10 /* RO 8: extended capability (11.4.3) */
#define VTD_GCMD 0x18 /* WO 4: global command (11.4.4.1) */
#define VTD_GSTS 0x1c /* RO 4: global status (11.4.4.2) */
#define VTD_RTADDR 0x20 /* RW 8: root table address (11.4.5) */
#define VTD_CCMD 0x28 /* RW 8: context command (11.4.6.1) */
#define VTD_FSTS 0x34 /* RO/W1C 4: fault status (11.4.7.1) */
#define VTD_FECTL 0x38 /* RW 4: fault event control (11.4.7.2) */
#define VTD_FEDATA 0x3c /* RW 4: fault event data (11.4.7.3) */
#define VTD_FEADDR 0x40 /* RW 4: fault event address (11.4.7.4) */
#define VTD_FEUADDR 0x44 /* RW 4: fault event upper address (11.4.7.5) */
#define VTD_IQH 0x80 /* RO 8: invalidation queue head (11.4.9.1) */
#define VTD_IQT 0x88 /* RW 8: invalidation queue tail (11.4.9.2) */
#define VTD_IQA 0x90 /* RW 8: invalidation queue address (11.4.9.3) */
#define VTD_ICS 0x9c /* W1C 4: invalidation completion status (11.4.9.4) */
#define VTD_IECTL 0xa0 /* RW 4: invalidation event control (11.4.9.5) */
#define VTD_IEDATA 0xa4 /* RW 4: invalidation event data (11.4.9.6) */
#define VTD_IEADDR 0xa8 /* RW 4: invalidation event address (11.4.9.7) */
#define VTD_IEUADDR 0xac /* RW 4: invalidation event upper address (11.4.9.8) */
#define VTD_IQERCD 0xb0 /* RO 8: invalidation queue error record (11.4.9.9) */
#define VTD_IRTA 0xb8 /* RW 8: interrupt remapping table address (11.4.10) */
#define VTD_PQH 0xc0 /* RW 8: page request queue head (11.4.11.1) */
#define VTD_PQT 0xc8 /* RW 8: page request queue tail (11.4.11.2) */
#define VTD_PQA 0xd0 /* RW 8: page request queue address (11.4.11.3) */
#define VTD_PRS 0xdc /* W1C 4: page request status (11.4.11.4) */
#define VTD_PECTL 0xe0 /* RW 4: page request event control (11.4.11.5) */
#define VTD_PEDATA 0xe4 /* RW 4: page request event data (11.4.11.6) */
#define VTD_PEADDR 0xe8 /* RW 4: page request event address (11.4.11.7) */
#define VTD_PEUADDR 0xec /* RW 4: page request event upper address (11.4.11.8) */
#define VTD_PERFCAP 0x300 /* RO 8: performance monitoring capability */
#define VTD_PERFCFGOFF 0x310 /* RO 4: offset of the counters' configuration */
#define VTD_PERFFRZOFF 0x314 /* RO 4: offset of the freeze status */
#define VTD_PERFOVFOFF 0x318 /* RO 4: offset of the overflow status */
#define VTD_PERFCNTROFF 0x31c /* RO 4: offset of the counters */
#define VTD_PERFINTRSTS 0x324 /* W1C 4: performance monitoring interrupt status */
#define VTD_PERFINTRCTL 0x328 /* RW 4: likewise control; data and address follow */
#define VTD_PERFINTRDATA 0x32c /* RW 4 */
#define VTD_PERFINTRADDR 0x330 /* RW 4 */
#define VTD_PERFINTRUADDR 0x334 /* RW 4 */
#define VTD_PERFEVNTCAP 0x380 /* RO 8 for each event group: its events */
#define VTD_ECMD 0x400 /* RW 8: enhanced command, in its low half */
#define VTD_ECEO 0x408 /* RW 8: operand B of it */
#define VTD_ECRSP 0x410 /* RO 8: its response */
#define VTD_ECCAP 0x430 /* RO 4 times 8: commands that there are, a bit each */
#define VTD_VCMD 0xe00 /* RW 8: virtual command, in its low half (5.10: 11.4.16.1) */
#define VTD_VCRSP 0xe10 /* RO 8: virtual command response (5.10: 11.4.16.3) */
#define VTD_VCCAP 0xe30 /* RO 8: virtual command capability (5.10: 11.4.16.4) */

/* At CAP.FRO * 16, CAP.NFR + 1 times 16 bytes (11.4.7.6). */
#define VTD_FRCD_SIZE 16
#define VTD_FRCD_LO 0x0 /* RO 8: fault information */
#define VTD_FRCD_HI 0x8 /* RO/W1C 8 */
/* At ECAP.IRO * 16 (11.4.6.2, 11.4.6.3). */
#define VTD_IVA 0x0 /* RW 8: invalidate address */
#define VTD_IOTLB 0x8 /* RW 8: IOTLB invalidate */

/* VER */
#define VTD_VER_MIN SVK_MASK(3, 0)
#define VTD_VER_MAX SVK_MASK(7, 4)

/* CAP (11.4.2) */
#define VTD_CAP_ND SVK_MASK(2, 0) /* domain-ids: 2^(4 + 2 * ND) */
#define VTD_CAP_RWBF SVK_BIT(4) /* write-buffer flush required */
#define VTD_CAP_CM SVK_BIT(7) /* caching mode */
#define VTD_CAP_SAGAW SVK_MASK(12, 8) /* bit n: second stage of n + 2 levels */
#define VTD_CAP_MGAW SVK_MASK(21, 16) /* guest address width - 1 */
#define VTD_CAP_ZLR SVK_BIT(22) /* zero-length read */
#define VTD_CAP_FRO SVK_MASK(33, 24) /* offset of FRCD / 16 */
#define VTD_CAP_SSLPS SVK_MASK(37, 34) /* second-stage pages: bit 0 2 MiB, bit 1 1 GiB */
#define VTD_CAP_PSI SVK_BIT(39) /* page-selective IOTLB invalidation */
#define VTD_CAP_NFR SVK_MASK(47, 40) /* fault recording registers - 1 */
#define VTD_CAP_MAMV SVK_MASK(53, 48) /* maximum address mask of PSI */
#define VTD_CAP_DWD SVK_BIT(54) /* write drain */
#define VTD_CAP_DRD SVK_BIT(55) /* read drain */
#define VTD_CAP_FS1GP SVK_BIT(56) /* first-stage 1 GiB pages */
#define VTD_CAP_FS5LP SVK_BIT(60) /* first-stage 5-level paging */
#define VTD_CAP_ECMDS SVK_BIT(61) /* enhanced commands */
#define VTD_CAP_ESIRTPS SVK_BIT(62) /* SIRTP invalidates the interrupt entry cache */
#define VTD_CAP_ESRTPS SVK_BIT(63) /* SRTP invalidates all DMA remapping caches */

/* ECAP (11.4.3) */
#define VTD_ECAP_C SVK_BIT(0) /* page-walk coherency, all but second stage */
#define VTD_ECAP_QI SVK_BIT(1) /* queued invalidation */
#define VTD_ECAP_DT SVK_BIT(2) /* device-TLB */
#define VTD_ECAP_IR SVK_BIT(3) /* interrupt remapping */
#define VTD_ECAP_EIM SVK_BIT(4) /* extended interrupt mode */
#define VTD_ECAP_PT SVK_BIT(6) /* pass-through */
#define VTD_ECAP_SC SVK_BIT(7) /* snoop control */
#define VTD_ECAP_IRO SVK_MASK(17, 8) /* offset of IVA, IOTLB / 16 */
#define VTD_ECAP_MHMV SVK_MASK(23, 20) /* maximum handle mask */
#define VTD_ECAP_NEST SVK_BIT(26) /* nested translation */
#define VTD_ECAP_PRS SVK_BIT(29) /* page request */
#define VTD_ECAP_ERS SVK_BIT(30) /* execute request */
#define VTD_ECAP_SRS SVK_BIT(31) /* supervisor request */
#define VTD_ECAP_NWFS SVK_BIT(33) /* no-write flag of translation requests */
#define VTD_ECAP_EAFS SVK_BIT(34) /* extended accessed flag */
#define VTD_ECAP_PSS SVK_MASK(39, 35) /* PASID bits - 1 */
#define VTD_ECAP_PASID SVK_BIT(40) /* requests with PASID */
#define VTD_ECAP_DIT SVK_BIT(41) /* device-TLB invalidation throttle */
#define VTD_ECAP_PDS SVK_BIT(42) /* page-request drain */
#define VTD_ECAP_SMTS SVK_BIT(43) /* scalable mode */
#define VTD_ECAP_VCS SVK_BIT(44) /* virtual command registers */
#define VTD_ECAP_SSADS SVK_BIT(45) /* second-stage accessed/dirty */
#define VTD_ECAP_SSTS SVK_BIT(46) /* second-stage translation */
#define VTD_ECAP_FSTS SVK_BIT(47) /* first-stage translation */
#define VTD_ECAP_SMPWCS SVK_BIT(48) /* scalable-mode page-walk coherency */
#define VTD_ECAP_RPS SVK_BIT(49) /* RID_PASID */
#define VTD_ECAP_PMS SVK_BIT(51) /* performance monitoring */

/* GCMD and GSTS: command and status have the same bit (11.4.4). */
#define VTD_G_CFI SVK_BIT(23) /* compatibility format interrupts */
#define VTD_G_SIRTP SVK_BIT(24) /* set interrupt remapping table pointer; one-shot */
#define VTD_G_IRE SVK_BIT(25) /* interrupt remapping enable */
#define VTD_G_QIE SVK_BIT(26) /* queued invalidation enable */
#define VTD_G_WBF SVK_BIT(27) /* write-buffer flush; one-shot */
#define VTD_G_SRTP SVK_BIT(30) /* set root table pointer; one-shot */
#define VTD_G_TE SVK_BIT(31) /* translation enable */

/* RTADDR */
#define VTD_RTADDR_TTM SVK_MASK(11, 10) /* translation table mode */
#define VTD_RTADDR_RTA SVK_MASK(63, 12)
#define VTD_TTM_LEGACY 0
#define VTD_TTM_SCALABLE 1
#define VTD_TTM_ABORT 3

/* CCMD */
#define VTD_CCMD_DID SVK_MASK(15, 0)
#define VTD_CCMD_SID SVK_MASK(31, 16)
#define VTD_CCMD_FM SVK_MASK(33, 32)
#define VTD_CCMD_CAIG SVK_MASK(60, 59) /* RO: granularity performed */
#define VTD_CCMD_CIRG SVK_MASK(62, 61)
#define VTD_CCMD_ICC SVK_BIT(63)

/* Granularity of context-cache and IOTLB invalidations, register and descriptor. */
#define VTD_GRAN_GLOBAL 1
#define VTD_GRAN_DOMAIN 2
#define VTD_GRAN_SELECT 3 /* device for the context-cache, page for the IOTLB */

/* IVA */
#define VTD_IVA_AM SVK_MASK(5, 0)
#define VTD_IVA_IH SVK_BIT(6)
#define VTD_IVA_ADDR SVK_MASK(63, 12)

/* IOTLB */
#define VTD_IOTLB_DID SVK_MASK(47, 32)
#define VTD_IOTLB_DW SVK_BIT(48)
#define VTD_IOTLB_DR SVK_BIT(49)
#define VTD_IOTLB_IAIG SVK_MASK(58, 57) /* RO: granularity performed */
#define VTD_IOTLB_IIRG SVK_MASK(61, 60)
#define VTD_IOTLB_IVT SVK_BIT(63)

/* FSTS */
#define VTD_FSTS_PFO SVK_BIT(0) /* W1C: primary fault overflow */
#define VTD_FSTS_PPF SVK_BIT(1) /* RO: a FRCD.F is set */
#define VTD_FSTS_IQE SVK_BIT(4) /* W1C: invalidation queue error */
#define VTD_FSTS_ICE SVK_BIT(5) /* W1C: invalidation completion error */
#define VTD_FSTS_ITE SVK_BIT(6) /* W1C: invalidation time-out error */
#define VTD_FSTS_FRI SVK_MASK(15, 8) /* RO: first record since PPF was set */

/* FECTL, IECTL, PECTL */
#define VTD_ECTL_IP SVK_BIT(30) /* RO: message held back by IM */
#define VTD_ECTL_IM SVK_BIT(31) /* RW: mask, 1 at reset */

/* FRCD: the low half holds FI, the high half the rest. */
#define VTD_FRCD_FI SVK_MASK(63, 12)
#define VTD_FRCD_SID SVK_MASK(15, 0)
#define VTD_FRCD_T2 SVK_BIT(28) /* with T1 clear: a page request */
#define VTD_FRCD_PRIV SVK_BIT(29)
#define VTD_FRCD_EXE SVK_BIT(30)
#define VTD_FRCD_PP SVK_BIT(31) /* PASID present */
#define VTD_FRCD_FR SVK_MASK(39, 32)
#define VTD_FRCD_PV SVK_MASK(59, 40) /* PASID value */
#define VTD_FRCD_AT SVK_MASK(61, 60)
#define VTD_FRCD_T1 SVK_BIT(62) /* 0 write, 1 read, unless T2 */
#define VTD_FRCD_F SVK_BIT(63) /* W1C */

/* IQA, IQH, IQT */
#define VTD_IQA_QS SVK_MASK(2, 0) /* 2^QS pages */
#define VTD_IQA_DW SVK_BIT(11) /* 256-bit descriptors */
#define VTD_IQA_IQA SVK_MASK(63, 12)
#define VTD_IQ_OFFSET SVK_MASK(18, 4) /* byte offset of a descriptor */

/* ICS */
#define VTD_ICS_IWC SVK_BIT(0) /* W1C */

/* PQH, PQT, PQA: the page request queue, of descriptors of 32 bytes */
#define VTD_PQA_PQS SVK_MASK(2, 0) /* 2^PQS pages */
#define VTD_PQA_PQA SVK_MASK(63, 12)
#define VTD_PQ_OFFSET SVK_MASK(18, 5) /* byte offset of a descriptor */

/* PRS */
#define VTD_PRS_PPR SVK_BIT(0) /* W1C: a descriptor was added */
#define VTD_PRS_PRO SVK_BIT(1) /* W1C: one did not fit; none is added until it is cleared */

/* Page request descriptor, quadwords 0 and 1; 2 and 3 are zero (7.4.1.1). */
#define VTD_PRD_SIZE 32
#define VTD_PRD_TYPE SVK_MASK(7, 0)
#define VTD_PRD_TYPE_PAGE 1 /* page request, or stop marker */
#define VTD_PRD_PP SVK_BIT(8) /* PASID present */
#define VTD_PRD_RID SVK_MASK(31, 16)
#define VTD_PRD_PASID SVK_MASK(51, 32)
#define VTD_PRD_EXE SVK_BIT(52) /* execute wanted */
#define VTD_PRD_PRIV SVK_BIT(53) /* in privileged mode */
#define VTD_PRD_RD SVK_BIT(0) /* quadword 1: read wanted */
#define VTD_PRD_WR SVK_BIT(1) /* write wanted */
#define VTD_PRD_LPIG SVK_BIT(2) /* last of its group; neither RD nor WR: a stop marker */
#define VTD_PRD_PRGI SVK_MASK(11, 3) /* page request group index */
#define VTD_PRD_ADDR SVK_MASK(63, 12)

/* IQERCD */
#define VTD_IQERCD_IQEI SVK_MASK(3, 0)
#define VTD_IQERCD_ITESID SVK_MASK(47, 32)
#define VTD_IQERCD_ICESID SVK_MASK(63, 48)

/* Why the queue stopped, IQERCD.IQEI (11.4.9.9). */
enum vtd_iqei {
	VTD_IQEI_NONE = 0,
	VTD_IQEI_TAIL = 1, /* tail beyond the queue */
	VTD_IQEI_FETCH = 2, /* descriptor not readable */
	VTD_IQEI_TYPE = 3, /* unknown descriptor */
	VTD_IQEI_RESERVED = 4, /* reserved field not zero, or reserved encoding */
	VTD_IQEI_WIDTH = 5, /* 128-bit descriptors in scalable mode */
	VTD_IQEI_TAIL_ALIGN = 6, /* tail not aligned to the descriptor width */
	VTD_IQEI_TTM = 7, /* PASID-based descriptor, but the mode is not scalable */
};

/* Invalidation descriptors (6.5.2). Type: bits 11:9 above bits 3:0. */
enum vtd_desc_type {
	VTD_DESC_CC = 1, /* context-cache (6.5.2.1) */
	VTD_DESC_IOTLB = 2, /* IOTLB (6.5.2.3) */
	VTD_DESC_DEVTLB = 3, /* device-TLB (6.5.2.5) */
	VTD_DESC_IEC = 4, /* interrupt entry cache (6.5.2.7) */
	VTD_DESC_WAIT = 5, /* invalidation wait (6.5.2.8) */
	VTD_DESC_PIOTLB = 6, /* PASID-based IOTLB (6.5.2.4) */
	VTD_DESC_PC = 7, /* PASID-cache (6.5.2.2) */
	VTD_DESC_PDEVTLB = 8, /* PASID-based device-TLB (6.5.2.6) */
	VTD_DESC_PGRP_RESP = 9, /* page group response (7.5.3) */
};

#define VTD_DESC_TYPE_LO SVK_MASK(3, 0)
#define VTD_DESC_TYPE_HI SVK_MASK(11, 9)
/* Fields of quadword 0 that several descriptors share. */
#define VTD_DESC_G SVK_MASK(5, 4)
#define VTD_DESC_DID SVK_MASK(31, 16)
#define VTD_DESC_PASID SVK_MASK(51, 32)
#define VTD_DESC_PFSID_LO SVK_MASK(15, 12)
#define VTD_DESC_PFSID_HI SVK_MASK(63, 52)

#define VTD_CC_SID SVK_MASK(47, 32)
#define VTD_CC_FM SVK_MASK(49, 48)

#define VTD_IOTLB_DESC_DW SVK_BIT(6)
#define VTD_IOTLB_DESC_DR SVK_BIT(7)
/* Quadword 1 of IOTLB and PIOTLB: the fields of IVA. */

#define VTD_DEVTLB_MIP SVK_MASK(20, 16)
#define VTD_DEVTLB_SID SVK_MASK(47, 32)
#define VTD_DEVTLB_S SVK_BIT(0) /* quadword 1 */
#define VTD_DEVTLB_ADDR SVK_MASK(63, 12) /* quadword 1 */

#define VTD_PDEVTLB_MIP SVK_MASK(8, 4)
#define VTD_PDEVTLB_SID SVK_MASK(31, 16)
#define VTD_PDEVTLB_G SVK_BIT(0) /* quadword 1: all PASIDs */
#define VTD_PDEVTLB_S SVK_BIT(11) /* quadword 1 */

#define VTD_IEC_G SVK_BIT(4)
#define VTD_IEC_IM SVK_MASK(31, 27)
#define VTD_IEC_IIDX SVK_MASK(47, 32)

#define VTD_WAIT_IF SVK_BIT(4) /* completion interrupt */
#define VTD_WAIT_SW SVK_BIT(5) /* status write */
#define VTD_WAIT_FN SVK_BIT(6) /* fence */
#define VTD_WAIT_PD SVK_BIT(7) /* page-request drain */
#define VTD_WAIT_STDATA SVK_MASK(63, 32)
#define VTD_WAIT_STADDR SVK_MASK(63, 2) /* quadword 1 */

#define VTD_PIOTLB_G_PASID 2
#define VTD_PIOTLB_G_PAGE 3

#define VTD_PC_G_DOMAIN 0
#define VTD_PC_G_PASID 1
#define VTD_PC_G_GLOBAL 3

#define VTD_PGRP_PP SVK_BIT(4)
#define VTD_PGRP_RC SVK_MASK(15, 12)
#define VTD_PGRP_RID SVK_MASK(31, 16)
/*
 * Quadword 1. Bit 2 was LPIG before revision 4.0 and is reserved since; hardware has always ignored
 * it, and Linux has set it until 6.18 (commit 4402e8f39d0b).
 */
#define VTD_PGRP_LPIG SVK_BIT(2)
#define VTD_PGRP_PRGI SVK_MASK(11, 3)
#define VTD_PGRP_RC_SUCCESS 0
#define VTD_PGRP_RC_INVALID 1 /* no such page, or not for this access */
#define VTD_PGRP_RC_FAILURE 15 /* the function shall send no page request any more */

/* Scalable-mode root entry, two quadwords: functions below and from 80h (9.2). */
#define VTD_ROOT_P SVK_BIT(0)
#define VTD_ROOT_CTP SVK_MASK(63, 12)

/* Scalable-mode context entry, four quadwords (9.4). */
#define VTD_CE_P SVK_BIT(0)
#define VTD_CE_FPD SVK_BIT(1)
#define VTD_CE_DTE SVK_BIT(2)
#define VTD_CE_PASIDE SVK_BIT(3)
#define VTD_CE_PRE SVK_BIT(4)
#define VTD_CE_PDTS SVK_MASK(11, 9) /* directory of 2^(PDTS + 7) entries */
#define VTD_CE_PASIDDIRPTR SVK_MASK(63, 12)
#define VTD_CE1_RID_PASID SVK_MASK(19, 0)
#define VTD_CE1_RID_PRIV SVK_BIT(20)

/* Scalable-mode PASID directory entry, one quadword (9.5). */
#define VTD_PDE_P SVK_BIT(0)
#define VTD_PDE_FPD SVK_BIT(1)
#define VTD_PDE_SMPTBLPTR SVK_MASK(63, 12)

/* Scalable-mode PASID table entry, eight quadwords (9.6). */
#define VTD_PE_P SVK_BIT(0)
#define VTD_PE_FPD SVK_BIT(1)
#define VTD_PE_AW SVK_MASK(4, 2) /* second stage of AW + 2 levels */
#define VTD_PE_PGTT SVK_MASK(8, 6)
#define VTD_PE_SSADE SVK_BIT(9)
#define VTD_PE_SSPTPTR SVK_MASK(63, 12)
#define VTD_PE1_DID SVK_MASK(15, 0)
#define VTD_PE1_PWSNP SVK_BIT(23)
#define VTD_PE1_PGSNP SVK_BIT(24)
#define VTD_PE2_SRE SVK_BIT(0)
#define VTD_PE2_ERE SVK_BIT(1)
#define VTD_PE2_FSPM SVK_MASK(3, 2) /* 0 four levels, 1 five */
#define VTD_PE2_WPE SVK_BIT(4)
#define VTD_PE2_NXE SVK_BIT(5)
#define VTD_PE2_SMEP SVK_BIT(6)
#define VTD_PE2_EAFE SVK_BIT(7)
#define VTD_PE2_FSPTPTR SVK_MASK(63, 12)

#define VTD_PGTT_FS 1
#define VTD_PGTT_SS 2
#define VTD_PGTT_NESTED 3
#define VTD_PGTT_PT 4

/* First-stage paging entries (9.7). */
#define VTD_FS_P SVK_BIT(0)
#define VTD_FS_RW SVK_BIT(1)
#define VTD_FS_US SVK_BIT(2)
#define VTD_FS_A SVK_BIT(5)
#define VTD_FS_D SVK_BIT(6)
#define VTD_FS_PS SVK_BIT(7)
#define VTD_FS_EA SVK_BIT(10)
#define VTD_FS_XD SVK_BIT(63)

/* Second-stage paging entries (9.8). */
#define VTD_SS_R SVK_BIT(0)
#define VTD_SS_W SVK_BIT(1)
#define VTD_SS_PS SVK_BIT(7)
#define VTD_SS_A SVK_BIT(8)
#define VTD_SS_D SVK_BIT(9)
#define VTD_SS_SNP SVK_BIT(11)

/* Either stage: bits 51:12; those at and above the host address width are reserved. */
#define VTD_PTE_ADDR SVK_MASK(51, 12)

/* Interrupt address range, outside of translation (3.14). */
#define VTD_INTR_BASE 0xfee00000ULL
#define VTD_INTR_SIZE 0x00100000ULL

/* Fault reasons of scalable mode, with the specification's condition (7.1.3). */
enum vtd_fault_reason {
	VTD_FR_RTA_1 = 0x30, /* invalid translation table mode */
	VTD_FR_RTA_2 = 0x31, /* legacy mode, request with PASID */
	VTD_FR_SRT_1 = 0x38, /* root entry: access error */
	VTD_FR_SRT_2 = 0x39, /* not present */
	VTD_FR_SRT_3 = 0x3a, /* reserved field */
	VTD_FR_SCT_1 = 0x40, /* context entry: access error */
	VTD_FR_SCT_2 = 0x41, /* not present */
	VTD_FR_SCT_3 = 0x42, /* reserved field */
	VTD_FR_SCT_4 = 0x43, /* invalid programming */
	VTD_FR_SCT_5 = 0x44, /* DTE clear, translation or translated request */
	VTD_FR_SCT_6 = 0x45, /* PASIDE clear, request with PASID */
	VTD_FR_SCT_7 = 0x46, /* PASID beyond the directory */
	VTD_FR_SCT_8 = 0x47, /* PRE clear, page request */
	VTD_FR_SCT_9 = 0x48, /* RID_PASID beyond the directory */
	VTD_FR_SPD_1 = 0x50, /* PASID directory entry: access error */
	VTD_FR_SPD_2 = 0x51, /* not present */
	VTD_FR_SPD_3 = 0x52, /* reserved field */
	VTD_FR_SPT_1 = 0x58, /* PASID table entry: access error */
	VTD_FR_SPT_2 = 0x59, /* not present */
	VTD_FR_SPT_3 = 0x5a, /* reserved field */
	VTD_FR_SPT_4 = 0x5b, /* invalid PGTT, AW or FSPM */
	VTD_FR_SPT_5 = 0x5c, /* ERE clear, execute requested */
	VTD_FR_SPT_6 = 0x5d, /* SRE clear, privileged mode requested */
	VTD_FR_SFS_1 = 0x70, /* first-stage entry: access error */
	VTD_FR_SFS_2 = 0x71, /* not present */
	VTD_FR_SFS_3 = 0x72, /* reserved field */
	VTD_FR_SFS_4 = 0x73, /* top-level first-stage entry: access error */
	VTD_FR_SFS_5 = 0x74, /* nested: address of the entry above the second stage's width */
	VTD_FR_SFS_6 = 0x75, /* nested: top-level entry not readable */
	VTD_FR_SFS_7 = 0x76, /* nested: entry not readable */
	VTD_FR_SFS_8 = 0x77, /* nested: entry not writable, accessed/dirty update */
	VTD_FR_SSS_1 = 0x78, /* second-stage entry: access error */
	VTD_FR_SSS_2 = 0x79, /* neither readable nor writable */
	VTD_FR_SSS_3 = 0x7a, /* reserved field */
	VTD_FR_SSS_4 = 0x7b, /* top-level second-stage entry: access error */
	VTD_FR_SSS_6 = 0x7d, /* accessed/dirty update failed */
	VTD_FR_SGN_1 = 0x80, /* address not canonical */
	VTD_FR_SGN_2 = 0x81, /* U/S clear, user request */
	VTD_FR_SGN_3 = 0x82, /* no execute permission */
	VTD_FR_SGN_4 = 0x83, /* pass-through or translated address above the host's width */
	VTD_FR_SGN_5 = 0x84, /* second-stage input address above MGAW or AW */
	VTD_FR_SGN_6 = 0x85, /* no write permission */
	VTD_FR_SGN_7 = 0x86, /* no read permission */
	VTD_FR_SGN_8 = 0x87, /* result in the interrupt address range */
	VTD_FR_SFS_10 = 0x91, /* first-stage accessed/dirty update failed */
};

/*
 * Virtual commands: a platform that is itself virtual hands out PASIDs. The specification has
 * moved these registers and codes; here they are as in revision 5.10 (11.4.16), and as in
 * drivers/iommu/intel/pasid.h of Linux 5.15 to 6.6. Only VCCAP differs: in Linux, after an
 * earlier revision, bit 0 alone stands for both PASID commands, while 5.10 has a bit for each
 * command. A unit that knows all three can be read either way.
 */
#define VTD_VCCAP_PAS SVK_BIT(0) /* ALLOC and FREE; in 5.10: the null command */
#define VTD_VCCAP_ALLOC SVK_BIT(1) /* 5.10, named PAS there */
#define VTD_VCCAP_FREE SVK_BIT(2) /* 5.10, named FPS there */
#define VTD_VCMD_CMD SVK_MASK(7, 0)
#define VTD_VCMD_NULL 0
#define VTD_VCMD_ALLOC 1 /* response: the PASID */
#define VTD_VCMD_FREE 2 /* operand: the PASID */
#define VTD_VCMD_OPERAND SVK_MASK(35, 16)
#define VTD_VCRSP_IP SVK_BIT(0) /* in progress: the other fields are not valid yet */
#define VTD_VCRSP_SC SVK_MASK(7, 1) /* status code; from 16 on it belongs to the command */
#define VTD_VCRSP_PASID SVK_MASK(35, 16)
#define VTD_VCRSP_SC_SUCCESS 0
#define VTD_VCRSP_SC_UNDEFINED 1 /* unknown command, or one that VCCAP lacks */
#define VTD_VCRSP_SC_NO_PASID 16 /* ALLOC: none is left */
#define VTD_VCRSP_SC_INVALID_PASID 16 /* FREE: not allocated */

/*
 * Performance monitoring and enhanced commands, as drivers/iommu/intel/perfmon.c of Linux has
 * them. Counters are a power of two apart, of at least 1024 bytes; their configurations 256.
 */
#define VTD_PERFCAP_NCNT SVK_MASK(15, 0) /* counters */
#define VTD_PERFCAP_CW SVK_MASK(22, 16) /* bits of each */
#define VTD_PERFCAP_NEG SVK_MASK(28, 24) /* event groups */
#define VTD_PERFCAP_FILTERS SVK_MASK(36, 32) /* VTD_PERF_FILTER_xxx, a bit each */
#define VTD_PERFCAP_IOS SVK_BIT(50) /* interrupt on overflow */
#define VTD_PERFCAP_STRIDE SVK_MASK(54, 52) /* of the counters: 2^(STRIDE + 10) bytes */
#define VTD_PERF_CNTR_STRIDE 1024u
#define VTD_PERF_CFG_STRIDE 256u
#define VTD_PERFCFG_INT SVK_BIT(1) /* overflow sets PERFINTRSTS */
#define VTD_PERFCFG_EGI SVK_MASK(12, 8) /* event group */
#define VTD_PERFCFG_ES SVK_MASK(59, 32) /* events of it, a bit each */
/* Behind a configuration, 4 bytes for each filter. */
#define VTD_PERFFILTER(filter) (8u + 4u * (filter))
#define VTD_PERF_FILTER_SID 0 /* requester-id, 16 bits */
#define VTD_PERF_FILTER_DID 1 /* domain-id, 16 bits */
#define VTD_PERF_FILTER_PASID 2 /* PASID, 20 bits */
#define VTD_PERFFILTER_EN SVK_BIT(31)
#define VTD_PERFINTRSTS_PIS SVK_BIT(0)
#define VTD_ECMD_CMD SVK_MASK(7, 0)
#define VTD_ECMD_OPERAND SVK_MASK(63, 16)
#define VTD_ECMD_ENABLE 0xf0 /* counter OPERAND counts */
#define VTD_ECMD_DISABLE 0xf1 /* it does not */
#define VTD_ECMD_FREEZE 0xf4 /* none does */
#define VTD_ECMD_UNFREEZE 0xf5 /* those that are enabled do */
#define VTD_ECRSP_IP SVK_BIT(0)
#define VTD_ECRSP_SC SVK_MASK(7, 1)
#define VTD_ECRSP_SC_SUCCESS 0
#define VTD_ECRSP_SC_UNDEFINED 1 /* unknown command, or one that ECCAP lacks */
#define VTD_ECRSP_SC_NO_COUNTER 16 /* OPERAND is beyond PERFCAP.NCNT */

#endif /* SVAKIT_VTD_REGS_H */
