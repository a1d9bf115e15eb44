#include "engine/internal/parquet_codecs.h"

#include "brotli/encode.h"
#include "lz4.hpp"
#include "snappy.h"
#include "zstd.h"

#include <zlib.h>

namespace tarn::engine {
namespace {

// Parquet's CompressionCodec.
enum Number : int32_t { kNone = 0, kSnappy = 1, kGzip = 2, kBrotli = 4, kZstd = 6, kLz4Raw = 7 };

constexpr int kZstdLevel = 1;  // As fast as Snappy for a third less; the next levels gain a hundredth.
constexpr int kBrotliLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for gzip's header.

const char *Chars(const uint8_t *bytes) { return reinterpret_cast<const char *>(bytes); }
char *Chars(uint8_t *bytes) { return reinterpret_cast<char *>(bytes); }

size_t Snappy(const uint8_t *from, size_t size, uint8_t *to) {
    size_t written = 0;
    duckdb_snappy::RawCompress(Chars(from), size, Chars(to), &written);
    return written;
}

size_t Zstd(const uint8_t *from, size_t size, uint8_t *to) {
    size_t written = duckdb_zstd::ZSTD_compress(to, duckdb_zstd::ZSTD_compressBound(size), from, size, kZstdLevel);
    TARN_ASSERT(!duckdb_zstd::ZSTD_isError(written));
    return written;
}

size_t Lz4Bound(size_t size) { return static_cast<size_t>(duckdb_lz4::LZ4_compressBound(static_cast<int>(size))); }
size_t Lz4(const uint8_t *from, size_t size, uint8_t *to) {
    return static_cast<size_t>(duckdb_lz4::LZ4_compress_default(Chars(from), Chars(to), static_cast<int>(size), static_cast<int>(Lz4Bound(size))));
}

size_t Brotli(const uint8_t *from, size_t size, uint8_t *to) {
    size_t written = duckdb_brotli::BrotliEncoderMaxCompressedSize(size);
    bool done = duckdb_brotli::BrotliEncoderCompress(kBrotliLevel, BROTLI_DEFAULT_WINDOW, BROTLI_DEFAULT_MODE, size, from, &written, to);
    TARN_ASSERT(done);
    return written;
}

constexpr size_t kGzipHeader = 18;  // More than zlib's own, which compressBound counts.
size_t GzipBound(size_t size) { return compressBound(size) + kGzipHeader; }
size_t Gzip(const uint8_t *from, size_t size, uint8_t *to) {
    z_stream stream{};
    int started = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
    if (started != Z_OK) throw std::bad_alloc();
    stream.next_in = const_cast<uint8_t *>(from);
    stream.avail_in = static_cast<uInt>(size);
    stream.next_out = to;
    stream.avail_out = static_cast<uInt>(GzipBound(size));
    int ended = deflate(&stream, Z_FINISH);
    TARN_ASSERT(ended == Z_STREAM_END);
    size_t written = stream.total_out;
    deflateEnd(&stream);
    return written;
}

}  // namespace

std::optional<parquet::Codec> ParquetCodecOf(const std::string &name) {
    if (name == "uncompressed") return parquet::Codec{};
    if (name == "snappy") return parquet::Codec{kSnappy, duckdb_snappy::MaxCompressedLength, Snappy};
    if (name == "zstd") return parquet::Codec{kZstd, duckdb_zstd::ZSTD_compressBound, Zstd};
    if (name == "lz4_raw") return parquet::Codec{kLz4Raw, Lz4Bound, Lz4};
    if (name == "gzip") return parquet::Codec{kGzip, GzipBound, Gzip};
    if (name == "brotli") return parquet::Codec{kBrotli, duckdb_brotli::BrotliEncoderMaxCompressedSize, Brotli};
    return std::nullopt;
}

}  // namespace tarn::engine
