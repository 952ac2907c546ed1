/* SPDX-License-Identifier: BSD-2-Clause */
/* What every page has: its style sheet and its script. Neither has anything of a plan in it. */
#ifndef BERTH_PAGE_LOOK_H
#define BERTH_PAGE_LOOK_H

extern const char page_style[], page_script[];

#endif
