/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Goes into a program by LD_PRELOAD, and ends it at one of the calls by which it changes files: the CUT_AFTER-th of
 * them, from 0, does not happen, and of one that writes the first half does. As a power cut does, it ends without
 * another word.
 */
#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define CUT_STATUS 99

/* Whether the power lasts for this call. */
static bool power_lasts(void)
{
	static long left = -1;

	if (left < 0)
		left = getenv("CUT_AFTER") != NULL ? atol(getenv("CUT_AFTER")) : 1000000;
	return left-- != 0;
}

static void need_power(void)
{
	if (!power_lasts())
		_exit(CUT_STATUS);
}

/* The C library's own. A pointer to data is no pointer to a function in C, but one in POSIX (dlsym, "Rationale"). */
#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

int rename(const char *from, const char *to)
{
	need_power();
	return REAL(rename)(from, to);
}

int unlink(const char *path)
{
	need_power();
	return REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode)
{
	need_power();
	return REAL(mkdir)(path, mode);
}

int rmdir(const char *path)
{
	need_power();
	return REAL(rmdir)(path);
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if ((flags & O_CREAT) != 0) {
		mode = va_arg(args, mode_t);
		need_power();
	}
	va_end(args);
	return REAL(open)(path, flags, mode);
}

/* What it says on its output is not on the disk. */
ssize_t write(int file, const void *bytes, size_t size)
{
	if (file > STDERR_FILENO && !power_lasts()) {
		(void)!REAL(write)(file, bytes, size / 2);
		_exit(CUT_STATUS);
	}
	return REAL(write)(file, bytes, size);
}
