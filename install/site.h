/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an installation goes, and the plans of it: install, update and remove. None of them changes anything (steps.h
 * does); all errors of reading end them.
 */
#ifndef BERTH_INSTALL_SITE_H
#define BERTH_INSTALL_SITE_H

#include "loader.h"
#include "manifest.h"
#include "steps.h"
#include "variables.h"

/* What else is made, where there is none. */
#define OWN_FOLDER	  "\\EFI\\berth"
#define CONF_PATH	  "\\loader\\loader.conf"
#define ENTRIES_PATH	  "\\loader\\entries"
#define ENTRIES_KIND_PATH "\\loader\\entries.srel"
#define SEED_PATH	  "\\loader\\random-seed"
#define TOKEN_NAME	  "LoaderSystemToken-" LOADER_GUID

struct site {
	struct medium esp, boot; /* boot: the XBOOTLDR partition */
	bool has_boot;
	struct medium loaders; /* the folder that loaders are taken from */
	const char *variables; /* the folder of them; NULL: none are to be touched */
	enum secure_state secure_boot;

	bool wanted[LOADER_MACHINES]; /* whose loaders are to be installed, in the order of base/machines.def */
	size_t native;		      /* the one that the boot option is for */
	bool is_first;		      /* the boot option goes to the front of the order */
	bool no_removable;	      /* only \EFI\berth */
	bool no_seed;		      /* the partition may be copied, and two machines never have one seed */
	const char *remove_line;      /* the command that undoes all of it, */
	const char *install_line;     /* and the one that undoes that */
};

/* A file of a partition, or of the folder of loaders; size 0 and at NULL where there is none. */
struct found {
	struct bytes data;
	bool is_there;
	bool is_loader; /* a PE file, of which *loader tells */
	struct loader loader;
};

/* IO_ERROR, or BAD_INPUT when it is too large for a loader. */
enum status site_read(struct medium *medium, const char *path, struct found *found, struct fail *why) MUST_CHECK;
void found_free(struct found *found);

/* "Berth 0.1", "systemd-boot 252", "shim", "another loader", "no loader". */
#define FOUND_WORDS (2 * LOADER_WORD + 8)
void found_words(const struct found *found, char out[FOUND_WORDS]);

/*
 * The loader for this CPU in the folder of loaders: the one whose name ends in ".signed", if there is one. BAD_INPUT
 * when it is not Berth's, or for another CPU; NOT_FOUND.
 */
enum status site_new_loader(struct site *site, const struct loader_names *names, struct found *found,
			    struct fail *why) MUST_CHECK;

/* Secure Boot is on, and nobody has signed this one: firmware will not start it. */
bool site_refuses(const struct site *site, const struct found *new);

/* The manifest of the partition; empty where there is none. */
enum status site_manifest(struct site *site, struct manifest *manifest, struct fail *why) MUST_CHECK;

/* The partition of entries: XBOOTLDR, or else the ESP. */
static inline struct medium *site_boot(struct site *site)
{
	return site->has_boot ? &site->boot : &site->esp;
}

/* REFUSED where Secure Boot forbids what was asked for. */
enum status plan_install(struct site *site, struct steps *steps, struct fail *why) MUST_CHECK;
enum status plan_update(struct site *site, struct steps *steps, struct fail *why) MUST_CHECK;
enum status plan_removal(struct site *site, struct steps *steps, struct fail *why) MUST_CHECK;

/* ---- firmware's boot options (site_options.c) ---- */

/* Steps that make firmware try the native loader, where it does not; notes where that cannot be. */
enum status plan_option(struct site *site, struct steps *steps, struct fail *why) MUST_CHECK;
/* Steps that take every option out that starts a loader of ours on this partition. */
enum status plan_remove_options(struct site *site, struct steps *steps, struct fail *why) MUST_CHECK;

/* ---- one loader on the partition (site.c) ---- */

enum placed {
	PLACED_NEW,  /* there was nothing */
	PLACED_OVER, /* another one was replaced */
	PLACED_SAME, /* it is there already, and a note says so */
	PLACED_NOT,  /* Secure Boot forbids it, and a note says so */
};
enum placed plan_loader(struct site *site, struct steps *steps, const char *path, const struct found *old,
			const struct found *new);

/* The removable path: as plan_loader, but shim stays, and another loader is kept. */
enum status plan_removable(struct site *site, struct steps *steps, const struct loader_names *names,
			   const struct found *new, struct fail *why) MUST_CHECK;

#endif
