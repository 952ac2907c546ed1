/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* environ */

#include "mtools.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What it reads and writes are files, which never fill up while the other side waits. */
struct streams {
	FILE *in, *out, *error;
};

static void close_streams(struct streams *streams)
{
	if (streams->in != NULL)
		(void)fclose(streams->in);
	if (streams->out != NULL)
		(void)fclose(streams->out);
	if (streams->error != NULL)
		(void)fclose(streams->error);
}

static bool open_streams(struct streams *streams, const struct bytes *in)
{
	*streams = (struct streams){tmpfile(), tmpfile(), tmpfile()};
	if (streams->in == NULL || streams->out == NULL || streams->error == NULL)
		return false;
	if (in != NULL && fwrite(in->at, 1, in->size, streams->in) != in->size)
		return false;
	return fflush(streams->in) == 0 && fseek(streams->in, 0, SEEK_SET) == 0;
}

/* No configuration of the user's names drives, messages are English, and a damaged FAT's numbers are not asked about.
 */
static char *const environment_of_ours[] = {"MTOOLSRC=/dev/null", "LC_ALL=C", "MTOOLS_SKIP_CHECK=1",
					    "MTOOLS_NO_VFAT=0"};

/* The rest of the environment goes with it: PATH, and SOURCE_DATE_EPOCH for times that are the same each time. */
static char **environment(void)
{
	static const size_t n_ours = sizeof(environment_of_ours) / sizeof(environment_of_ours[0]);
	size_t n = 0, used = 0;
	char **all;

	while (environ[n] != NULL)
		n++;
	all = calloc(n + n_ours + 1, sizeof(*all));
	if (all == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "MTOOLS", 6) != 0 && strncmp(environ[i], "LC_ALL=", 7) != 0)
			all[used++] = environ[i];
	memcpy(all + used, environment_of_ours, sizeof(environment_of_ours));
	return all;
}

/* Its exit status; -1, and errno, when it could not be started, or did not end by itself. */
static int run(const char *const words[], const struct streams *streams)
{
	posix_spawn_file_actions_t actions;
	char **variables = environment();
	int error, status;
	pid_t child;

	if (variables == NULL || posix_spawn_file_actions_init(&actions) != 0) {
		free(variables);
		errno = ENOMEM;
		return -1;
	}
	error = posix_spawn_file_actions_adddup2(&actions, fileno(streams->in), STDIN_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, fileno(streams->out), STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, fileno(streams->error), STDERR_FILENO);
	if (error == 0)
		error = posix_spawnp(&child, words[0], &actions, NULL, (char *const *)(uintptr_t)words, variables);
	(void)posix_spawn_file_actions_destroy(&actions);
	free(variables);
	errno = error;
	if (error != 0)
		return -1;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	errno = EINTR;
	return -1;
}

/* All of a stream; NULL when it has more than @limit bytes, or cannot be read. */
static char *contents(FILE *stream, size_t limit, size_t *size)
{
	long end = fseek(stream, 0, SEEK_END) == 0 ? ftell(stream) : -1;
	char *at;

	if (end < 0 || (unsigned long)end > limit || fseek(stream, 0, SEEK_SET) != 0)
		return NULL;
	at = malloc((size_t)end + 1);
	if (at == NULL)
		return NULL;
	*size = fread(at, 1, (size_t)end, stream);
	at[*size] = '\0';
	return at;
}

/* Its words, the last line of them: mtools puts a general one, or none, before it. */
static enum status failed(const char *const words[], FILE *error, struct fail *why)
{
	size_t size = 0;
	char *said = contents(error, 65536, &size), *line;
	enum status status = IO_ERROR;

	if (said == NULL)
		return fail(why, IO_ERROR, "%s failed", words[0]);
	while (size != 0 && said[size - 1] == '\n')
		said[--size] = '\0';
	line = strrchr(said, '\n');
	line = line != NULL ? line + 1 : said;
	if (strstr(said, "not found") != NULL || strstr(said, "No such file") != NULL)
		status = NOT_FOUND;
	(void)fail(why, status, "%s: %s", words[0], line);
	free(said);
	return status;
}

enum status mtools_run(const char *const words[], const struct bytes *in, struct bytes *out, size_t limit,
		       struct fail *why)
{
	struct streams streams;
	enum status status = OK;
	int answer = -1;
	size_t size = 0;
	char *text;

	*out = (struct bytes){NULL, 0};
	if (!open_streams(&streams, in))
		status = fail(why, IO_ERROR, "temporary files: %s", strerror(errno));
	else if ((answer = run(words, &streams)) < 0)
		status = fail(why, IO_ERROR, "%s: %s%s", words[0], strerror(errno),
			      errno == ENOENT ? "\n  try: install mtools" : "");
	else if (answer != 0)
		status = failed(words, streams.error, why);
	if (status == OK) {
		text = contents(streams.out, limit, &size);
		if (text == NULL)
			status = fail(why, BAD_INPUT, "%s: more than %zu bytes came", words[0], limit);
		*out = (struct bytes){(const uint8_t *)text, size};
	}
	close_streams(&streams);
	return status;
}
