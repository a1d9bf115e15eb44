#include "delta/deletion_vector.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <roaring/roaring.hh>

#include "delta/transaction.h"
#include "storage/path.h"

// Older releases of CRoaring have no namespace of their own.
namespace roaring {}

namespace tarn::delta {
namespace {

using namespace ::roaring;

constexpr uint32_t kMagic = 1681511377;  // The portable form; the only one that the protocol names.
constexpr char kFileVersion = 1;
constexpr uint64_t kMaxRow = INT64_MAX;

std::unexpected<Error> Corrupt(std::string_view origin, std::string_view problem,
                               std::string_view condition = "DELTA_DELETION_VECTOR_CORRUPT") {
    return Fail(ErrorKind::kCorrupt, condition,
                "The deletion vector " + std::string(origin) + " " + std::string(problem) + ".");
}

// Takes little-endian numbers off the front of bytes that may end at any place.
class Cursor {
public:
    explicit Cursor(std::string_view bytes) : rest_(bytes) {}
    template <class T>
    bool Take(T &out) {
        if (rest_.size() < sizeof(T)) return false;
        std::memcpy(&out, rest_.data(), sizeof(T));
        rest_.remove_prefix(sizeof(T));
        return true;
    }
    bool Take(size_t size, std::string_view &out) {
        if (rest_.size() < size) return false;
        out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};
static_assert(std::endian::native == std::endian::little, "the on-disk layout is read as it stands");

uint16_t At(std::string_view values, size_t index) {
    uint16_t value = 0;
    std::memcpy(&value, values.data() + 2 * index, 2);
    return value;
}

bool RunsAreValid(Cursor &cursor, uint32_t cardinality) {
    uint16_t count = 0;
    std::string_view runs;
    if (!cursor.Take(count) || !cursor.Take(size_t{count} * 4, runs)) return false;
    uint32_t total = 0;
    int64_t previous_end = -1;
    for (size_t i = 0; i < count; i++) {
        int64_t start = At(runs, 2 * i);
        int64_t last = start + At(runs, 2 * i + 1);
        if (start <= previous_end || last > 0xffff) return false;
        total += static_cast<uint32_t>(last - start + 1);
        previous_end = last;
    }
    return total == cardinality;
}

bool ArrayIsValid(Cursor &cursor, uint32_t cardinality) {
    std::string_view values;
    if (!cursor.Take(size_t{cardinality} * 2, values)) return false;
    for (size_t i = 1; i < cardinality; i++) {
        if (At(values, i - 1) >= At(values, i)) return false;
    }
    return true;
}

bool BitsetIsValid(Cursor &cursor, uint32_t cardinality) {
    std::string_view words;
    if (!cursor.Take(8192, words)) return false;
    uint32_t total = 0;
    for (size_t i = 0; i < 8192; i += 8) {
        uint64_t word = 0;
        std::memcpy(&word, words.data() + i, 8);
        total += static_cast<uint32_t>(std::popcount(word));
    }
    return total == cardinality;
}

// CRoaring trusts what it reads, so every count, order and length is checked here first.
// Specification: RoaringFormatSpec. On success `cursor` stands behind the bitmap.
bool BitmapIsValid(Cursor &cursor) {
    constexpr uint32_t kNoRuns = 12346, kWithRuns = 12347, kOffsetsFrom = 4;
    uint32_t cookie = 0;
    uint32_t containers = 0;
    std::string_view run_flags;
    if (!cursor.Take(cookie)) return false;
    bool has_runs = (cookie & 0xffff) == kWithRuns;
    if (has_runs) {
        containers = (cookie >> 16) + 1;
        if (!cursor.Take((containers + 7) / 8, run_flags)) return false;
    } else if (cookie != kNoRuns || !cursor.Take(containers)) {
        return false;
    }
    std::string_view headers, offsets;
    if (containers > 0x10000 || !cursor.Take(size_t{containers} * 4, headers)) return false;
    if ((!has_runs || containers >= kOffsetsFrom) && !cursor.Take(size_t{containers} * 4, offsets)) return false;
    for (size_t i = 0; i < containers; i++) {
        if (i > 0 && At(headers, 2 * i) <= At(headers, 2 * (i - 1))) return false;
        uint32_t cardinality = uint32_t{At(headers, 2 * i + 1)} + 1;
        bool is_run = has_runs && (run_flags[i / 8] >> (i % 8) & 1) != 0;
        bool valid = is_run              ? RunsAreValid(cursor, cardinality)
                     : cardinality > 4096 ? BitsetIsValid(cursor, cardinality)
                                          : ArrayIsValid(cursor, cardinality);
        if (!valid) return false;
    }
    return true;
}

void AppendBigEndian(uint32_t value, std::string &out) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

uint32_t BigEndianAt(std::string_view bytes, size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

uint32_t Crc32(std::string_view bytes) {
    return static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef *>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string FormatUuid(std::string_view bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        unsigned char c = static_cast<unsigned char>(bytes[i]);
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
    return out;
}

std::string UuidBytes(std::string_view uuid) {
    std::string out;
    std::string digits;
    for (char c : uuid) {
        if (c != '-') digits += c;
    }
    for (size_t i = 0; i + 1 < digits.size(); i += 2) {
        out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    return out;
}

// The file of a descriptor that isn't inline.
Result<std::string> VectorPath(const std::string &table_root, const DeletionVectorDescriptor &descriptor) {
    const std::string &text = descriptor.path_or_inline;
    if (descriptor.storage_type == 'p') return storage::ResolveActionPath(table_root, text);
    constexpr size_t kUuidText = 20;
    if (descriptor.storage_type != 'u' || text.size() < kUuidText) {
        return Corrupt(descriptor.UniqueId(), "is of no known kind");
    }
    std::string prefix = text.substr(0, text.size() - kUuidText);
    if (prefix.find('/') != std::string::npos || prefix.find("..") != std::string::npos || prefix.find('\0') != std::string::npos) {
        return Corrupt(descriptor.UniqueId(), "has a prefix that is no directory name");
    }
    TARN_TRY(std::string uuid, Z85Decode(text.substr(prefix.size())));
    if (uuid.size() != 16) return Corrupt(descriptor.UniqueId(), "is named by less than a UUID");
    std::string directory = prefix.empty() ? table_root : storage::JoinPath(table_root, prefix);
    return storage::JoinPath(directory, "deletion_vector_" + FormatUuid(uuid) + ".bin");
}

}  // namespace

struct DeletionVector::Impl {
    std::map<uint32_t, Roaring> bitmaps;  // By the row's upper 32 bits. None is empty.
};

DeletionVector::DeletionVector() : impl_(std::make_unique<Impl>()) {}
DeletionVector::~DeletionVector() = default;
DeletionVector::DeletionVector(DeletionVector &&) noexcept = default;
DeletionVector &DeletionVector::operator=(DeletionVector &&) noexcept = default;

DeletionVector DeletionVector::Of(const std::vector<uint64_t> &rows) {
    DeletionVector out;
    out.AddMany(rows);
    return out;
}

DeletionVector DeletionVector::Clone() const {
    DeletionVector out;
    *out.impl_ = *impl_;
    return out;
}

void DeletionVector::Add(uint64_t row) {
    TARN_ASSERT(row <= kMaxRow);
    impl_->bitmaps[static_cast<uint32_t>(row >> 32)].add(static_cast<uint32_t>(row));
}

void DeletionVector::AddMany(const std::vector<uint64_t> &rows) {
    uint32_t key = 0;
    Roaring *bitmap = nullptr;
    for (uint64_t row : rows) {
        TARN_ASSERT(row <= kMaxRow);
        uint32_t high = static_cast<uint32_t>(row >> 32);
        if (bitmap == nullptr || high != key) bitmap = &impl_->bitmaps[key = high];
        bitmap->add(static_cast<uint32_t>(row));
    }
}

void DeletionVector::Union(const DeletionVector &other) {
    for (const auto &[key, bitmap] : other.impl_->bitmaps) impl_->bitmaps[key] |= bitmap;
}

void DeletionVector::Subtract(const DeletionVector &other) {
    for (const auto &[key, bitmap] : other.impl_->bitmaps) {
        auto it = impl_->bitmaps.find(key);
        if (it == impl_->bitmaps.end()) continue;
        it->second -= bitmap;
        if (it->second.isEmpty()) impl_->bitmaps.erase(it);
    }
}

DeletionVector DeletionVector::Complement(uint64_t row_count) const {
    constexpr uint64_t kSpan = uint64_t{1} << 32;
    DeletionVector out;
    for (uint64_t first = 0; first < row_count; first += kSpan) {
        auto key = static_cast<uint32_t>(first >> 32);
        Roaring bitmap;
        if (auto it = impl_->bitmaps.find(key); it != impl_->bitmaps.end()) bitmap = it->second;
        uint64_t rows = std::min(kSpan, row_count - first);
        bitmap.flip(0, rows);
        // Rows beyond the count are none.
        if (rows < kSpan && !bitmap.isEmpty() && bitmap.maximum() >= rows) {
            Roaring beyond;
            beyond.addRange(rows, kSpan);
            bitmap -= beyond;
        }
        if (!bitmap.isEmpty()) out.impl_->bitmaps[key] = std::move(bitmap);
    }
    return out;
}

bool DeletionVector::Contains(uint64_t row) const {
    auto it = impl_->bitmaps.find(static_cast<uint32_t>(row >> 32));
    return it != impl_->bitmaps.end() && it->second.contains(static_cast<uint32_t>(row));
}

uint64_t DeletionVector::Cardinality() const {
    uint64_t total = 0;
    for (const auto &[key, bitmap] : impl_->bitmaps) total += bitmap.cardinality();
    return total;
}

std::optional<uint64_t> DeletionVector::Max() const {
    if (impl_->bitmaps.empty()) return std::nullopt;
    const auto &[key, bitmap] = *impl_->bitmaps.rbegin();
    return uint64_t{key} << 32 | bitmap.maximum();
}

void DeletionVector::ForEach(const std::function<void(uint64_t)> &visit) const {
    for (const auto &[key, bitmap] : impl_->bitmaps) {
        for (uint32_t low : bitmap) visit(uint64_t{key} << 32 | low);
    }
}

std::vector<uint64_t> DeletionVector::Rows() const {
    std::vector<uint64_t> out;
    out.reserve(Cardinality());
    ForEach([&](uint64_t row) { out.push_back(row); });
    return out;
}

uint32_t DeletionVector::SelectKept(uint64_t first, uint32_t count, uint32_t *kept) const {
    uint32_t kept_count = 0;
    uint32_t done = 0;
    while (done < count) {
        uint64_t row = first + done;
        uint32_t low = static_cast<uint32_t>(row);
        // Up to the end of this bitmap's 2^32 rows.
        uint32_t piece = static_cast<uint32_t>(std::min<uint64_t>(count - done, (uint64_t{1} << 32) - low));
        auto bitmap = impl_->bitmaps.find(static_cast<uint32_t>(row >> 32));
        if (bitmap == impl_->bitmaps.end()) {
            for (uint32_t i = 0; i < piece; i++) kept[kept_count++] = done + i;
        } else {
            auto next = bitmap->second.begin();
            auto end = bitmap->second.end();
            next.equalorlarger(low);
            for (uint32_t i = 0; i < piece; i++) {
                if (next != end && *next == low + i) {
                    ++next;
                } else {
                    kept[kept_count++] = done + i;
                }
            }
        }
        done += piece;
    }
    return kept_count;
}

std::string DeletionVector::Serialize() const {
    std::string out(12, '\0');
    uint64_t count = impl_->bitmaps.size();
    std::memcpy(out.data(), &kMagic, 4);
    std::memcpy(out.data() + 4, &count, 8);
    for (const auto &[key, bitmap] : impl_->bitmaps) {
        Roaring compact = bitmap;
        compact.runOptimize();
        size_t at = out.size();
        size_t size = compact.getSizeInBytes();
        out.resize(at + 4 + size);
        std::memcpy(out.data() + at, &key, 4);
        compact.write(out.data() + at + 4);
    }
    return out;
}

Result<DeletionVector> DeletionVector::Parse(std::string_view bytes, std::string_view origin) {
    Cursor cursor(bytes);
    uint32_t magic = 0;
    uint64_t count = 0;
    if (!cursor.Take(magic) || magic != kMagic) return Corrupt(origin, "does not start with its magic number");
    if (!cursor.Take(count)) return Corrupt(origin, "is cut off");
    DeletionVector out;
    int64_t previous_key = -1;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t key = 0;
        if (!cursor.Take(key)) return Corrupt(origin, "is cut off");
        if (key <= previous_key || key > INT32_MAX) return Corrupt(origin, "has keys out of order");
        previous_key = key;
        std::string_view bitmap = cursor.rest();
        if (!BitmapIsValid(cursor)) return Corrupt(origin, "holds a bitmap that is damaged");
        Roaring parsed;
        try {
            parsed = Roaring::readSafe(bitmap.data(), bitmap.size() - cursor.rest().size());
        } catch (const std::exception &) {
            return Corrupt(origin, "holds a bitmap that is damaged");
        }
        if (!parsed.isEmpty()) out.impl_->bitmaps.emplace(key, std::move(parsed));
    }
    return out;
}

Result<DeletionVector> ReadDeletionVector(storage::ObjectStore &store, const std::string &table_root,
                                          const DeletionVectorDescriptor &descriptor) {
    if (descriptor.size_in_bytes < 0) return Corrupt(descriptor.UniqueId(), "has a negative size");
    size_t size = static_cast<size_t>(descriptor.size_in_bytes);
    std::string bytes;
    std::string origin;
    if (descriptor.storage_type == 'i') {
        origin = "(inline)";
        TARN_TRY(bytes, Z85Decode(descriptor.path_or_inline));
        if (bytes.size() < size) return Corrupt(origin, "is shorter than its size says");
        bytes.resize(size);
    } else {
        TARN_TRY(origin, VectorPath(table_root, descriptor));
        uint64_t offset = static_cast<uint32_t>(descriptor.offset.value_or(1));
        Result<std::string> framed = store.ReadRange(origin, offset, size + 8);
        if (!framed && framed.error().kind == ErrorKind::kNotFound) {
            return Fail(ErrorKind::kNotFound, "DELTA_FILE_NOT_FOUND",
                        "The deletion vector file " + origin + " does not exist.");
        }
        if (!framed && framed.error().kind == ErrorKind::kCorrupt) return Corrupt(origin, "is cut off");
        if (!framed) return Fail(std::move(framed).error());
        if (BigEndianAt(*framed, 0) != size) {
            return Corrupt(origin, "has another size than its table says", "DELTA_DELETION_VECTOR_SIZE_MISMATCH");
        }
        bytes = framed->substr(4, size);
        if (BigEndianAt(*framed, 4 + size) != Crc32(bytes)) {
            return Corrupt(origin, "fails its checksum", "DELTA_DELETION_VECTOR_CHECKSUM_MISMATCH");
        }
    }
    TARN_TRY(DeletionVector vector, DeletionVector::Parse(bytes, origin));
    if (vector.Cardinality() != static_cast<uint64_t>(descriptor.cardinality)) {
        return Corrupt(origin, "masks " + std::to_string(vector.Cardinality()) + " rows where its table says " +
                                   std::to_string(descriptor.cardinality),
                       "DELTA_DELETION_VECTOR_CARDINALITY_MISMATCH");
    }
    return vector;
}

Result<std::vector<DeletionVectorDescriptor>> WriteDeletionVectors(storage::ObjectStore &store,
                                                                   const std::string &table_root,
                                                                   const std::vector<const DeletionVector *> &vectors) {
    std::vector<DeletionVectorDescriptor> out;
    if (vectors.empty()) return out;
    std::string uuid = NewUuid();
    std::string name = Z85Encode(UuidBytes(uuid));
    std::string file(1, kFileVersion);
    for (const DeletionVector *vector : vectors) {
        TARN_ASSERT(!vector->Empty());
        std::string bytes = vector->Serialize();
        if (bytes.size() > INT32_MAX || file.size() > INT32_MAX) {
            return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                        "Deletion vectors of more than 2 GiB cannot be written in one file.");
        }
        out.push_back({'u', name, static_cast<int32_t>(file.size()), static_cast<int32_t>(bytes.size()),
                       static_cast<int64_t>(vector->Cardinality())});
        AppendBigEndian(static_cast<uint32_t>(bytes.size()), file);
        file += bytes;
        AppendBigEndian(Crc32(bytes), file);
    }
    TARN_CHECK(store.Put(storage::JoinPath(table_root, "deletion_vector_" + uuid + ".bin"), file));
    return out;
}

DeletionVectorDescriptor InlineDescriptor(const DeletionVector &vector) {
    std::string bytes = vector.Serialize();
    return {'i', Z85Encode(bytes), std::nullopt, static_cast<int32_t>(bytes.size()),
            static_cast<int64_t>(vector.Cardinality())};
}

Result<std::optional<std::string>> DeletionVectorPath(const std::string &table_root, const DeletionVectorDescriptor &descriptor) {
    if (descriptor.storage_type == 'i') return std::nullopt;
    TARN_TRY(std::string path, VectorPath(table_root, descriptor));
    return path;
}

Result<DeletionVectorDescriptor> AbsoluteDescriptor(const std::string &table_root, const DeletionVectorDescriptor &descriptor) {
    TARN_TRY(std::optional<std::string> path, DeletionVectorPath(table_root, descriptor));
    DeletionVectorDescriptor absolute = descriptor;
    if (!path) return absolute;
    absolute.storage_type = 'p';
    absolute.path_or_inline = path->starts_with('/') ? "file:" + storage::PercentEncode(*path) : *path;
    return absolute;
}

}  // namespace tarn::delta
