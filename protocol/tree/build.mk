# SPDX-License-Identifier: BSD-2-Clause
#
# libfdt, behind protocol/tree/tree.h, as Debian's source package has it. It is fetched, compiled and archived as
# codecs/build.mk says for all that is upstream's.

UPSTREAM_fdt := $(addprefix fdt/,fdt fdt_ro fdt_rw fdt_wip fdt_sw fdt_empty_tree fdt_strerror fdt_overlay)
NEED_UPSTREAM := protocol/tree/tree.o protocol/tree/overlay.o

# Its headers, for itself, with all of its checks, and for the two files that include them.
UPSTREAM_FLAGS_fdt = -isystem $(SOURCES)/fdt
FLAGS_protocol_tree_tree = -Icodecs/libc $(UPSTREAM_FLAGS_fdt)
FLAGS_protocol_tree_overlay = $(FLAGS_protocol_tree_tree)

# What those files call, so that a loader has no more of it.
FDT_USED := check_header next_tag num_mem_rsv get_property_by_offset get_string create_empty_tree open_into \
	subnode_offset_namelen add_subnode_namelen setprop setprop_inplace_namelen_partial delprop del_mem_rsv getprop \
	first_subnode next_subnode strerror first_property_offset next_property_offset getprop_by_offset get_name overlay_apply
REACHED_fdt := $(FDT_USED:%=fdt_%)
