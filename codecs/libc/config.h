/* SPDX-License-Identifier: BSD-2-Clause */
/* The <config.h> that libmd is built with: what its `configure` would find out is of no use here. */
