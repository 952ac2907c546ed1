# SPDX-License-Identifier: BSD-2-Clause
#
# The decoders: zlib, LZ4, zstd and liblzma as Debian's source packages have them, without their encoders, behind
# codecs/codec.h, liblzma's SHA-256 behind codecs/sha256.h, and libmd's SHA-512 behind codecs/sha512.h. And how each
# build compiles what is upstream's: these, and libfdt, of which protocol/tree/build.mk says what there is.

SOURCES := $(CACHE)/sources

# Named by the newest source in the list, so that an older cache is fetched anew.
FETCHED := $(SOURCES)/md/sha2.h

$(FETCHED):
	@echo 'berth: the sources of zlib, LZ4, zstd, xz, libfdt and libmd are not in $(SOURCES): fetching them from Debian, once' >&2
	$(Q)CACHE=$(CACHE) scripts/fetch sources >/dev/null

UPSTREAM_gzip := $(addprefix zlib/,adler32 crc32 inffast inflate inftrees zutil)
UPSTREAM_lz4 := $(addprefix lz4/,lz4 xxhash)
UPSTREAM_zstd := $(addprefix zstd/,$(addprefix common/,debug entropy_common error_private fse_decompress xxhash \
	zstd_common) $(addprefix decompress/,huf_decompress zstd_ddict zstd_decompress zstd_decompress_block))
UPSTREAM_xz := $(addprefix xz/liblzma/,check/check check/crc32_fast check/crc32_table check/crc64_fast \
	check/crc64_table check/sha256 common/block_decoder common/block_header_decoder common/block_util common/common \
	common/filter_common common/filter_decoder common/filter_flags_decoder common/index_hash common/stream_decoder \
	common/stream_flags_common common/stream_flags_decoder common/vli_decoder common/vli_size delta/delta_common \
	delta/delta_decoder lz/lz_decoder lzma/lzma2_decoder lzma/lzma_decoder simple/arm simple/arm64 simple/armthumb \
	simple/simple_coder simple/simple_decoder simple/x86)
UPSTREAM_sha512 := md/sha2
UPSTREAM := $(UPSTREAM_gzip) $(UPSTREAM_lz4) $(UPSTREAM_zstd) $(UPSTREAM_xz) $(UPSTREAM_sha512) $(UPSTREAM_fdt)

# libc: nothing but codecs/libc and the compiler's own headers. zlib: without files, its CRC-32 eight bytes at a time, in
# loops that are unrolled, as the one that inflates is: 14.6 instructions per byte instead of 17.5.
# LZ4: with its own names for what zstd has too, and the loop that is cheaper without vector registers: 1.7 instructions
# per byte of Debian's kernel instead of 2.0. XXH32 is not unrolled: that is 1.09 a byte instead of 1.19, and a fifth more
# time, as the multiplier is what it waits for. zstd: no assembly, no code chosen by CPUID, one of two Huffman decoders,
# whose four streams go on together in loops that are unrolled: 6 in 100 of all instructions. It has its choice of two loops
# over sequences, of which one prefetches: without that it would take 2 in 100 fewer instructions, and more time.
# liblzma: the whole format, without the filters for CPUs that UEFI does not run on. libmd: its small loops, not those
# that are unrolled.
CODEC_INCLUDES := -Icodecs/libc $(addprefix -isystem $(SOURCES)/,zlib lz4 zstd xz/liblzma/api md)
UPSTREAM_FLAGS_zlib := -include string.h -DZ_SOLO -DHAVE_MEMCPY -DZ_U4=__UINT32_TYPE__ -DZ_U8=__UINT64_TYPE__
UPSTREAM_FLAGS_zlib_crc32 := -O3
UPSTREAM_FLAGS_zlib_inffast := -funroll-loops
UPSTREAM_FLAGS_lz4 := -DXXH_NAMESPACE=LZ4_ -DLZ4_HEAPMODE=0 -DLZ4_FAST_DEC_LOOP=0
UPSTREAM_FLAGS_lz4_lz4 := -funroll-loops
UPSTREAM_FLAGS_zstd := -DZSTD_DISABLE_ASM=1 -DDYNAMIC_BMI2=0 -DZSTD_NO_INTRINSICS -DZSTD_LEGACY_SUPPORT=0 -DZSTD_TRACE=0 \
	-DHUF_FORCE_DECOMPRESS_X1 -DXXH_NAMESPACE=ZSTD_ -DXXH_FORCE_MEMORY_ACCESS=1
UPSTREAM_FLAGS_zstd_decompress_huf_decompress := -O3
UPSTREAM_FLAGS_xz := -DNDEBUG -DLZMA_MANUAL_HEADERS -DLZMA_API_STATIC -DTUKLIB_SYMBOL_PREFIX=lzma_ -DHAVE_STDINT_H \
	-DHAVE_STDBOOL_H -DHAVE__BOOL -DTUKLIB_FAST_UNALIGNED_ACCESS $(addprefix -DHAVE_CHECK_,CRC32 CRC64 SHA256) \
	$(addprefix -DHAVE_DECODER_,LZMA2 DELTA X86 ARM ARMTHUMB ARM64) \
	$(addprefix -I$(SOURCES)/xz/,common $(addprefix liblzma/,api check common delta lz lzma rangecoder simple))
UPSTREAM_FLAGS_md := -I$(SOURCES)/md

# Which of upstream's headers our files see, and upstream's see. Upstream's warnings are upstream's. What no decoder
# reaches, encoders above all, is dropped section by section. liblzma adds nothing to a null pointer, which the newest C
# allows and clang's sanitizer does not.
FLAGS_codecs := $(CODEC_INCLUDES) -DZLIB_CONST -DZ_SOLO -DLZMA_MANUAL_HEADERS -DLZMA_API_STATIC
FLAGS_upstream = -ffreestanding -nostdinc -ffunction-sections -fdata-sections -w -fno-sanitize=pointer-overflow -ffile-prefix-map=$(SOURCES)=sources \
	$(CODEC_INCLUDES) $(UPSTREAM_FLAGS_$(firstword $(subst /, ,$(1)))) $(UPSTREAM_FLAGS_$(subst /,_,$(1)))

# liblzma's SHA-256 is declared in a header of its own, which includes most of the others.
FLAGS_codecs_sha256 = $(patsubst -I%,-isystem %,$(UPSTREAM_FLAGS_xz))

CODEC_NAMES := gzip lz4 lz4_blocks lz4_legacy zstd xz sha256 sha512
DECODERS := gzip lz4 zstd xz sha512

NEED_UPSTREAM += $(CODEC_NAMES:%=codecs/%.o) tools/pack.o tests/unit/lz4_upstream.o tests/cpus/main.o

# What the host command packs with, beside LZ4's, which is there: encoders that no loader has.
UPSTREAM_packers := $(addprefix zstd/compress/,fse_compress hist huf_compress zstd_compress zstd_compress_literals \
	zstd_compress_sequences zstd_compress_superblock zstd_double_fast zstd_fast zstd_lazy zstd_ldm zstd_opt)
FLAGS_tools_pack := $(addprefix -isystem $(SOURCES)/,lz4 zstd)

# Upstream's decoder of LZ4's frames, which tests hold ours against.
UPSTREAM_compared := $(addprefix lz4/,lz4frame lz4hc)
FLAGS_tests_unit_lz4_upstream := -isystem $(SOURCES)/lz4
FLAGS_tests_cpus_main := -isystem $(SOURCES)/lz4

# FOLDER, COMPILER, FLAGS: what a way of building does with them.
define upstream
$(NEED_UPSTREAM:%=$(1)/%): | $(FETCHED)

$(1)/upstream/%.o: $(SOURCES)/%.c $(BUILT_BY)
	@mkdir -p $$(@D)
	$$(Q)$(2) $(3) $$(call FLAGS_upstream,$$*) $$($(1)_HEADERS) $$(ALSO) -MMD -MP -c $$< -o $$@
endef

whole = $(addprefix $(1)/,codecs/unpack.o codecs/codec.o $(CODEC_NAMES:%=codecs/%.o) $(UPSTREAM:%=upstream/%.o))
on_host = $(call whole,$(1)) $(patsubst %,$(1)/upstream/%.o,$(UPSTREAM_packers) $(UPSTREAM_compared))
$(HOST)/libunpack.a: $(call on_host,$(HOST))
$(HOST)/tool/libunpack.a: $(call on_host,$(HOST)/tool)
$(UEFI)/libunpack.a: $(call whole,$(UEFI))
$(FUZZ)/libunpack.a: $(call on_host,$(FUZZ))

# For firmware each decoder, and libfdt, is one object, with only the sections that its names reach, and these names.
$(OUT)/libunpack.a: $(OUT)/codecs/unpack.o $(OUT)/codecs/codec.o $(DECODERS:%=$(OUT)/decoders/%.o) $(OUT)/decoders/fdt.o
OUR_lz4 := lz4 lz4_blocks lz4_legacy
NAMES_lz4_blocks := codec_lz4
OUR_xz := xz sha256
NAMES_sha256 := sha256_start sha256_add sha256_end
NAMES_sha512 := sha512_start sha512_add sha512_end
our = $(or $(OUR_$(1)),$(1))
$(foreach d,$(DECODERS),$(eval REACHED_$(d) := $(foreach o,$(call our,$(d)),$(or $(NAMES_$(o)),codec_$(o)))))
$(foreach d,$(DECODERS),$(eval $(OUT)/decoders/$(d).o: $(patsubst %,$(OUT)/codecs/%.o,$(call our,$(d)))))
$(foreach d,$(DECODERS) fdt,$(eval $(OUT)/decoders/$(d).o: $(UPSTREAM_$(d):%=$(OUT)/upstream/%.o)))

$(OUT)/decoders/%.o:
	@mkdir -p $(@D)
	$(Q)$(LD) $(ARCH_LDFLAGS) -r --force-group-allocation --gc-sections $(REACHED_$*:%=-u %) $^ -o $@
	$(Q)$(OBJCOPY) $(REACHED_$*:%=--keep-global-symbol=%) $@

# A missing source file is fetched with all the others.
$(patsubst %,$(SOURCES)/%.c,$(UPSTREAM) $(UPSTREAM_packers) $(UPSTREAM_compared)): | $(FETCHED) ;

# A loader that unpacks, to be read by scripts/decoders; nothing runs it.
$(OUT)/tests/unpack.elf: $(OUT)/libunpack.a $(patsubst %.c,$(OUT)/%.o,$(wildcard base/*.c)) $(OUT)/efi/libc.o
	$(call link_whole,-e unpack_open -u unpack_open)
