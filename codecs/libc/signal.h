/* SPDX-License-Identifier: BSD-2-Clause */
/* The <signal.h> that liblzma's headers ask for: without threads there are no signals to block. */
#ifndef BERTH_SIGNAL_H
#define BERTH_SIGNAL_H

typedef int sigset_t;

int sigprocmask(int how, const sigset_t *set, sigset_t *old);

#endif
