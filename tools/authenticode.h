/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sum of a PE file that its signature signs, and that firmware measures when it loads the file. Pure.
 *
 * Source: Microsoft, Windows Authenticode Portable Executable Signature Format, "Calculating the PE Image Hash".
 */
#ifndef BERTH_AUTHENTICODE_H
#define BERTH_AUTHENTICODE_H

#include "../base/bytes.h"
#include "../codecs/sha256.h"

/*
 * False when it is no PE file, has more headers than Berth looks at (base/pe.h), or its headers, sections or signatures
 * do not lie in it.
 */
bool authenticode_sum(struct bytes file, uint8_t out[SHA256_SIZE]);

#endif
