// What the tests of extjson share: texts as files, and batches as JSON to compare.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "extjson/extjson.h"

namespace tarn::extjson {

// Hands out a text in pieces, as a slow store would.
class TextSource final : public ByteSource {
public:
    TextSource(std::string text, size_t piece) : text_(std::move(text)), piece_(piece) {}
    Result<size_t> Read(char *buffer, size_t size) override {
        size_t count = std::min({size, piece_, text_.size() - used_});
        std::copy_n(text_.data() + used_, count, buffer);
        used_ += count;
        return count;
    }

private:
    std::string text_;
    size_t piece_;
    size_t used_ = 0;
};

inline InputFile TextFile(std::string text, std::string path = "users.json", size_t piece = size_t{1} << 20) {
    return {std::move(path), [text = std::move(text), piece]() -> Result<std::unique_ptr<ByteSource>> {
                return std::make_unique<TextSource>(text, piece);
            }};
}

inline std::string DecimalToString(Int128 value, int scale) {
    bool negative = value < 0;
    std::string digits;
    for (auto rest = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
         rest > 0; rest /= 10) {
        digits.insert(digits.begin(), char('0' + int(rest % 10)));
    }
    if (int(digits.size()) <= scale) digits.insert(0, size_t(scale) + 1 - digits.size(), '0');
    if (scale > 0) digits.insert(digits.size() - size_t(scale), ".");
    return (negative ? "-" : "") + digits;
}

// Numbers as numbers, DECIMAL as text, BINARY as {"bytes": …}, times as their number, lists and structs as such.
inline nlohmann::json ToJson(const Column &column, size_t slot) {
    if (column.IsNull(slot)) return nullptr;
    switch (column.type.kind) {
        case TypeKind::kBoolean:
            return column.Values<uint8_t>()[slot] != 0;
        case TypeKind::kByte:
            return column.Values<int8_t>()[slot];
        case TypeKind::kShort:
            return column.Values<int16_t>()[slot];
        case TypeKind::kInt:
        case TypeKind::kDate:
            return column.Values<int32_t>()[slot];
        case TypeKind::kLong:
        case TypeKind::kTimestamp:
        case TypeKind::kTimestampNtz:
            return column.Values<int64_t>()[slot];
        case TypeKind::kFloat:
            return column.Values<float>()[slot];
        case TypeKind::kDouble: {
            double value = column.Values<double>()[slot];
            if (std::isnan(value)) return "NaN";
            if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
            return value;
        }
        case TypeKind::kDecimal: {
            int scale = column.type.scale;
            if (column.type.precision <= 4) return DecimalToString(column.Values<int16_t>()[slot], scale);
            if (column.type.precision <= 9) return DecimalToString(column.Values<int32_t>()[slot], scale);
            if (column.type.precision <= 18) return DecimalToString(column.Values<int64_t>()[slot], scale);
            return DecimalToString(column.Values<Int128>()[slot], scale);
        }
        case TypeKind::kString:
            return std::string(column.Text(slot));
        case TypeKind::kBinary:
            return {{"bytes", std::string(column.Text(slot))}};
        case TypeKind::kArray: {
            nlohmann::json list = nlohmann::json::array();
            ListSlot at = column.Values<ListSlot>()[slot];
            for (uint64_t i = 0; i < at.length; ++i) list.push_back(ToJson(column.children[0], at.offset + i));
            return list;
        }
        case TypeKind::kMap: {
            nlohmann::json map = nlohmann::json::object();
            ListSlot at = column.Values<ListSlot>()[slot];
            const Column &entry = column.children[0];
            for (uint64_t i = at.offset; i < at.offset + at.length; ++i) {
                map[std::string(entry.children[0].Text(i))] = ToJson(entry.children[1], i);
            }
            return map;
        }
        case TypeKind::kStruct: {
            nlohmann::json object = nlohmann::json::object();
            for (size_t i = 0; i < column.children.size(); ++i)
                object[column.type.fields[i].name] = ToJson(column.children[i], slot);
            return object;
        }
        default:
            return "?";
    }
}

struct Rows {
    std::vector<nlohmann::json> rows;  // Objects of all columns; "_rescued" only where there is some.
    std::vector<uint64_t> offsets;
    size_t largest_batch = 0;
};

// Everything, in the files' order; `workers` take turns.
inline Result<Rows> ReadRows(const std::vector<InputFile> &files, const DataType &schema,
                             const ReadOptions &options = {}, size_t workers = 2) {
    TARN_TRY(auto reader, Reader::Open(files, schema, options));
    std::vector<Reader::WorkerPtr> pool;
    for (size_t i = 0; i < workers; ++i) pool.push_back(reader->NewWorker());
    std::map<std::pair<uint64_t, uint32_t>, std::shared_ptr<const ColumnBatch>> batches;
    for (size_t turn = 0, done = 0; done < workers; turn = (turn + 1) % workers) {
        TARN_TRY(auto batch, reader->Next(*pool[turn]));
        if (!batch) {
            ++done;
            continue;
        }
        done = 0;
        auto place = std::pair(batch->chunk_index, batch->batch_in_chunk);
        EXPECT_TRUE(batches.emplace(place, std::move(batch)).second);
    }
    pool.clear();
    reader.reset();  // Batches outlive both.
    Rows result;
    for (const auto &[place, batch] : batches) {
        result.largest_batch = std::max(result.largest_batch, batch->row_count);
        for (size_t row = 0; row < batch->row_count; ++row) {
            nlohmann::json object = nlohmann::json::object();
            for (size_t i = 0; i < batch->columns.size(); ++i) {
                const Column &column = batch->columns[i];
                EXPECT_EQ(column.length, batch->row_count);
                object[schema.fields[options.projection ? (*options.projection)[i] : i].name] = ToJson(column, row);
            }
            if (options.rescue && !batch->rescued.IsNull(row))
                object["_rescued"] = nlohmann::json::parse(batch->rescued.Text(row));
            result.rows.push_back(std::move(object));
            result.offsets.push_back(batch->document_offsets[row]);
        }
    }
    return result;
}

inline std::string InferText(const std::string &text, Mode mode = Mode::kMongo) {
    ReadOptions options;
    options.mode = mode;
    auto schema = InferSchema({TextFile(text)}, options);
    return schema ? schema->ToString() : schema.error().ToString();
}

inline DataType SchemaOf(const std::string &text, Mode mode = Mode::kMongo) {
    ReadOptions options;
    options.mode = mode;
    auto schema = InferSchema({TextFile(text)}, options);
    EXPECT_TRUE(schema.has_value()) << schema.error().ToString();
    return schema.value_or(DataType::Struct({}));
}

inline nlohmann::json ReadText(const std::string &text, const DataType &schema, ReadOptions options = {}) {
    auto rows = ReadRows({TextFile(text)}, schema, options);
    if (!rows) return rows.error().ToString();
    return rows->rows;
}

// Infers, then reads.
inline nlohmann::json LoadText(const std::string &text, Mode mode = Mode::kMongo) {
    ReadOptions options;
    options.mode = mode;
    return ReadText(text, SchemaOf(text, mode), options);
}

}  // namespace tarn::extjson
