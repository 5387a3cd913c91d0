/* SPDX-License-Identifier: GPL-2.0 */
/* Data and gnuplot scripts of a run's pictures. */
#ifndef BENCH_REPORT_PICTURES_H
#define BENCH_REPORT_PICTURES_H

#include "records.h"

/* Curves of one picture: more than these nobody can tell apart. */
#define PICTURE_CURVES 8

/**
 * pictures_write() - A file of data and a script for each picture: the distribution of each
 * metric of time, and its middle by what was swept.
 * @records: of one run, or of both sides of a comparison
 * @folder: where
 *
 * Return: how many pictures.
 */
unsigned int pictures_write(const struct records *records, const char *folder);

/** picture_text() - Copy what is harmless in a script of gnuplot and in names of files. */
void picture_text(char *to, size_t size, const char *from);

#endif /* BENCH_REPORT_PICTURES_H */
