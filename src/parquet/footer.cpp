#include "parquet/footer.h"

#include <cmath>
#include <cstring>

#include "parquet/internal/format.h"
#include "parquet/internal/thrift.h"

namespace tarn::parquet {
namespace {

// parquet.thrift's numbers.
enum Repetition : int32_t { kRequired = 0, kOptional = 1, kRepeated = 2 };
enum Converted : int32_t { kUtf8 = 0, kConvertedMap = 1, kConvertedList = 3, kConvertedDecimal = 5, kConvertedDate = 6, kTimestampMicros = 10, kInt8 = 15, kInt16 = 16 };
enum Logical { kStringType = 1, kMapType = 2, kListType = 3, kDecimalType = 5, kDateType = 6, kTimestampType = 8, kIntegerType = 10 };
constexpr size_t kLongestBound = 256;  // Of a text; longer ones are left out.

// Field 10 of a SchemaElement.
template <class Parameters>
void LogicalType(Thrift &out, Logical type, Parameters &&parameters) {
    out.Begin(10);
    out.Begin(type);
    parameters();
    out.End();
    out.End();
}

// What the bytes of a leaf mean: fields 6 to 10. Field ids (9) stand between.
void Annotation(Thrift &out, const Column &column) {
    auto nothing = [] {};
    auto id = [&] {
        if (column.id) out.I32(9, *column.id);
    };
    auto typed = [&](int32_t converted, Logical logical) {
        out.I32(6, converted);
        id();
        LogicalType(out, logical, nothing);
    };
    switch (column.kind) {
        case TypeKind::kString: return typed(kUtf8, kStringType);
        case TypeKind::kArray: return typed(kConvertedList, kListType);
        case TypeKind::kMap: return typed(kConvertedMap, kMapType);
        case TypeKind::kDate: return typed(kConvertedDate, kDateType);
        case TypeKind::kByte:
        case TypeKind::kShort: {
            bool byte = column.kind == TypeKind::kByte;
            out.I32(6, byte ? kInt8 : kInt16);
            id();
            return LogicalType(out, kIntegerType, [&] {
                out.Byte(1, byte ? 8 : 16);
                out.Bool(2, true);
            });
        }
        case TypeKind::kTimestamp:
        case TypeKind::kTimestampNtz: {
            bool utc = column.kind == TypeKind::kTimestamp;
            if (utc) out.I32(6, kTimestampMicros);  // Readers of converted types would take wall-clock times for instants.
            id();
            return LogicalType(out, kTimestampType, [&] {
                out.Bool(1, utc);
                out.Begin(2);
                out.Empty(2);  // MICROS
                out.End();
            });
        }
        case TypeKind::kDecimal:
            out.I32(6, kConvertedDecimal);
            out.I32(7, column.scale);
            out.I32(8, column.precision);
            id();
            return LogicalType(out, kDecimalType, [&] {
                out.I32(1, column.scale);
                out.I32(2, column.precision);
            });
        default: return id();
    }
}

// The repeated group in a list or a map.
void RepeatedGroup(const std::string &name, const Column &column, std::vector<std::string> &elements) {
    Thrift group;
    group.I32(3, kRepeated);
    group.Binary(4, name);
    group.I32(5, static_cast<int32_t>(column.children.size()));
    group.Stop();
    elements.push_back(group.bytes());
}

void AddElements(const Column &column, std::vector<std::string> &elements) {
    Thrift out;
    bool map = column.kind == TypeKind::kMap, list = column.kind == TypeKind::kArray;
    bool group = map || list || column.kind == TypeKind::kStruct;
    if (!group) out.I32(1, static_cast<int32_t>(PhysicalOf(column)));
    if (!group && PhysicalOf(column) == Physical::kFixedLenByteArray) out.I32(2, kWideDecimalBytes);
    out.I32(3, column.required ? kRequired : kOptional);
    out.Binary(4, column.name);
    if (group) out.I32(5, map || list ? 1 : static_cast<int32_t>(column.children.size()));
    Annotation(out, column);
    out.Stop();
    elements.push_back(out.bytes());
    if (map || list) RepeatedGroup(map ? "key_value" : "list", column, elements);
    for (const Column &child : column.children) AddElements(child, elements);
}

std::string Bytes(const void *from, size_t size) { return std::string(static_cast<const char *>(from), size); }

// A bound as a value of the leaf's type in PLAIN, texts without their length; empty: it is left out.
std::string BoundBytes(const Column &column, const Scalar &bound, bool least) {
    switch (PhysicalOf(column)) {
        case Physical::kBoolean: return std::string(1, static_cast<char>(std::get<int64_t>(bound)));
        case Physical::kInt32: {
            auto value = static_cast<int32_t>(std::get<int64_t>(bound));
            return Bytes(&value, sizeof(value));
        }
        case Physical::kInt64: return Bytes(&std::get<int64_t>(bound), sizeof(int64_t));
        case Physical::kFloat:
        case Physical::kDouble: {
            double value = std::get<double>(bound);
            if (value == 0) value = least ? -0.0 : 0.0;  // The zeros are equal, and readers are to expect both.
            auto narrow = static_cast<float>(value);
            return PhysicalOf(column) == Physical::kFloat ? Bytes(&narrow, sizeof(narrow)) : Bytes(&value, sizeof(value));
        }
        case Physical::kFixedLenByteArray: {
            auto value = static_cast<unsigned __int128>(std::get<Int128>(bound));
            std::string bytes(kWideDecimalBytes, '\0');
            for (int i = kWideDecimalBytes - 1; i >= 0; i--, value >>= 8) bytes[static_cast<size_t>(i)] = static_cast<char>(value);
            return bytes;
        }
        case Physical::kByteArray: break;
    }
    const std::string &text = std::get<std::string>(bound);
    return text.size() <= kLongestBound ? text : std::string();
}

void Statistics(Thrift &out, const Leaf &leaf, const Range &range) {
    out.Begin(12);
    if (leaf.max_repetition == 0) out.I64(3, range.nulls);
    // The order of floating numbers is undefined with NaN among them, so no bounds hold then.
    if (range.set && !range.has_nan) {
        std::string max = BoundBytes(*leaf.column, range.max, false), min = BoundBytes(*leaf.column, range.min, true);
        bool texts = PhysicalOf(*leaf.column) == Physical::kByteArray;
        auto known = [&](const std::string &bytes, const Scalar &bound) { return !bytes.empty() || (texts && std::get<std::string>(bound).empty()); };
        bool has_max = known(max, range.max), has_min = known(min, range.min);
        if (has_max) out.Binary(5, max);
        if (has_min) out.Binary(6, min);
        if (has_max) out.Bool(7, true);
        if (has_min) out.Bool(8, true);
    }
    out.End();
}

void EncodingStats(Thrift &out, const Chunk &chunk) {
    struct One {
        PageType type;
        Encoding encoding;
        int32_t pages;
    };
    std::vector<One> all;
    if (chunk.dictionary_pages > 0) all.push_back({kDictionaryPage, kPlain, 1});
    if (chunk.dictionary_pages > 0) all.push_back({kDataPage, kRleDictionary, chunk.dictionary_pages});
    if (chunk.plain_pages > 0) all.push_back({kDataPage, kPlain, chunk.plain_pages});
    out.List(13, Thrift::kStruct, all.size());
    for (const One &one : all) {
        out.BeginElement();
        out.I32(1, one.type);
        out.I32(2, one.encoding);
        out.I32(3, one.pages);
        out.End();
    }
}

// Field 3 of a ColumnChunk.
void ColumnMetadata(Thrift &out, const Leaf &leaf, const Chunk &chunk, uint64_t offset) {
    out.Begin(3);
    out.I32(1, static_cast<int32_t>(PhysicalOf(*leaf.column)));
    std::vector<Encoding> encodings = {kRle, kPlain};  // A dictionary's page is PLAIN, too.
    if (chunk.dictionary_pages > 0) encodings.push_back(kRleDictionary);
    out.List(2, Thrift::kI32, encodings.size());
    for (Encoding encoding : encodings) out.Zigzag(encoding);
    out.List(3, Thrift::kBinary, leaf.path.size());
    for (const std::string &name : leaf.path) out.Text(name);
    out.I32(4, chunk.codec);
    out.I64(5, chunk.values);
    out.I64(6, chunk.uncompressed);
    out.I64(7, static_cast<int64_t>(chunk.bytes()));
    out.I64(9, static_cast<int64_t>(offset + chunk.dictionary.size()));
    if (!chunk.dictionary.empty()) out.I64(11, static_cast<int64_t>(offset));
    Statistics(out, leaf, chunk.range);
    EncodingStats(out, chunk);
    out.End();
}

}  // namespace

Footer::Footer(SchemaPtr schema) : schema_(std::move(schema)), ranges_(schema_->leaves().size()) {}

void Footer::Add(const std::vector<Chunk> &chunks, int64_t rows, uint64_t offset) {
    TARN_ASSERT(chunks.size() == schema_->leaves().size());
    Thrift out;
    int64_t uncompressed = 0, bytes = 0;
    uint64_t at = offset;
    out.List(1, Thrift::kStruct, chunks.size());
    for (size_t i = 0; i < chunks.size(); i++) {
        out.BeginElement();
        out.I64(2, static_cast<int64_t>(at));
        ColumnMetadata(out, schema_->leaves()[i], chunks[i], at);
        out.End();
        at += chunks[i].bytes();
        uncompressed += chunks[i].uncompressed;
        bytes += static_cast<int64_t>(chunks[i].bytes());
        ranges_[i].Add(chunks[i].range);
    }
    out.I64(2, uncompressed);
    out.I64(3, rows);
    out.I64(5, static_cast<int64_t>(offset));
    out.I64(6, bytes);
    out.Stop();
    groups_.push_back(out.bytes());
    rows_ += rows;
}

std::string Footer::Bytes() const {
    std::vector<std::string> elements;
    Thrift root;
    root.Binary(4, "spark_schema");  // As Spark, DuckDB and others call it: some readers look for no other.
    root.I32(5, static_cast<int32_t>(schema_->columns().size()));
    root.Stop();
    elements.push_back(root.bytes());
    for (const Column &column : schema_->columns()) AddElements(column, elements);

    Thrift out;
    out.I32(1, 1);
    out.List(2, Thrift::kStruct, elements.size());
    for (const std::string &element : elements) out.Raw(element);
    out.I64(3, rows_);
    out.List(4, Thrift::kStruct, groups_.size());
    for (const std::string &group : groups_) out.Raw(group);
    out.Binary(6, "tarn version " TARN_VERSION);
    out.List(7, Thrift::kStruct, schema_->leaves().size());
    for (size_t i = 0; i < schema_->leaves().size(); i++) {
        out.BeginElement();
        out.Empty(1);  // TypeDefinedOrder: without it bounds count for nothing.
        out.End();
    }
    out.Stop();
    std::string bytes = out.bytes();
    auto length = static_cast<uint32_t>(bytes.size());
    bytes.append(reinterpret_cast<const char *>(&length), sizeof(length));
    bytes += kMagic;
    return bytes;
}

}  // namespace tarn::parquet
