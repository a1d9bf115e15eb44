#include "delta/action.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "delta/schema.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

std::unexpected<Error> Corrupt(std::string message) {
    return Fail(ErrorKind::kCorrupt, "DELTA_CORRUPT_LOG", std::move(message));
}

// Reads the fields of one JSON object by name. The first value of the wrong type is kept as the object's error, so
// that a parser reads as a plain list of fields.
class Reader {
public:
    Reader(object fields, std::string_view name) : fields_(fields), name_(name) {}

    bool Find(std::string_view key, element &out) {
        return fields_.at_key(key).get(out) == simdjson::SUCCESS && !out.is_null();
    }
    std::optional<std::string> OptionalText(std::string_view key) {
        element value;
        if (!Find(key, value)) return std::nullopt;
        std::string_view text;
        if (value.get(text) != simdjson::SUCCESS) return Wrong(key, "text"), std::nullopt;
        return std::string(text);
    }
    std::string Text(std::string_view key) { return OptionalText(key).value_or(""); }
    std::string RequiredText(std::string_view key) {
        std::optional<std::string> text = OptionalText(key);
        if (!text && !error_) error_ = name_ + " has no " + std::string(key);
        return text.value_or("");
    }
    std::optional<int64_t> OptionalInt(std::string_view key) {
        element value;
        if (!Find(key, value)) return std::nullopt;
        int64_t number = 0;
        if (value.get(number) == simdjson::SUCCESS) return number;
        double real = 0;  // Some writers print 1.7e12.
        if (value.get(real) == simdjson::SUCCESS && std::abs(real) < 9e15 && real == std::floor(real)) {
            return static_cast<int64_t>(real);
        }
        return Wrong(key, "an integer"), std::nullopt;
    }
    int64_t Int(std::string_view key, int64_t fallback = 0) { return OptionalInt(key).value_or(fallback); }
    int64_t RequiredInt(std::string_view key) {
        std::optional<int64_t> number = OptionalInt(key);
        if (!number && !error_) error_ = name_ + " has no " + std::string(key);
        return number.value_or(0);
    }
    int32_t RequiredInt32(std::string_view key) {
        int64_t number = RequiredInt(key);
        if (number < INT32_MIN || number > INT32_MAX) return Wrong(key, "a 32-bit integer"), 0;
        return static_cast<int32_t>(number);
    }
    std::optional<bool> OptionalBool(std::string_view key) {
        element value;
        if (!Find(key, value)) return std::nullopt;
        bool flag = false;
        if (value.get(flag) != simdjson::SUCCESS) return Wrong(key, "a boolean"), std::nullopt;
        return flag;
    }
    PartitionValues OptionalTexts(std::string_view key) {
        PartitionValues out;
        ForEachText(key, [&](std::string_view name, std::optional<std::string> text) {
            out.emplace(std::string(name), std::move(text));
        });
        return out;
    }
    StringMap Texts(std::string_view key) {
        StringMap out;
        ForEachText(key, [&](std::string_view name, std::optional<std::string> text) {
            out.emplace(std::string(name), std::move(text).value_or(""));
        });
        return out;
    }
    std::optional<std::vector<std::string>> OptionalList(std::string_view key) {
        element value;
        if (!Find(key, value)) return std::nullopt;
        simdjson::dom::array items;
        if (value.get(items) != simdjson::SUCCESS) return Wrong(key, "an array"), std::nullopt;
        std::vector<std::string> out;
        for (element item : items) {
            std::string_view text;
            if (item.get(text) != simdjson::SUCCESS) return Wrong(key, "an array of texts"), std::nullopt;
            out.emplace_back(text);
        }
        return out;
    }
    // The JSON text of an object; "" when absent or another type.
    std::string ObjectText(std::string_view key) {
        element value;
        if (!Find(key, value) || !value.is_object()) return "";
        return simdjson::minify(value);
    }
    std::optional<object> OptionalObject(std::string_view key) {
        element value;
        if (!Find(key, value)) return std::nullopt;
        object fields;
        if (value.get(fields) != simdjson::SUCCESS) return Wrong(key, "an object"), std::nullopt;
        return fields;
    }
    // For fields whose contents are free: never an error.
    void Forgive() { error_.reset(); }
    void Adopt(const Reader &inner) {
        if (inner.error_ && !error_) error_ = inner.error_;
    }
    const std::optional<std::string> &error() const { return error_; }

private:
    void Wrong(std::string_view key, std::string_view expected) {
        if (!error_) error_ = name_ + "." + std::string(key) + " is not " + std::string(expected);
    }
    template <class Visit>
    void ForEachText(std::string_view key, Visit visit) {
        std::optional<object> entries = OptionalObject(key);
        if (!entries) return;
        for (auto [name, value] : *entries) {
            std::string_view text;
            if (value.is_null()) {
                visit(name, std::nullopt);
            } else if (value.get(text) == simdjson::SUCCESS) {
                visit(name, std::string(text));
            } else if (value.is_object() || value.is_array()) {
                return Wrong(key, "an object of texts");
            } else {
                visit(name, std::string(simdjson::minify(value)));  // A bare number or boolean.
            }
        }
    }

    object fields_;
    std::string name_;
    std::optional<std::string> error_;
};

std::optional<DeletionVectorDescriptor> ReadVector(Reader &outer) {
    std::optional<object> fields = outer.OptionalObject("deletionVector");
    if (!fields) return std::nullopt;
    Reader reader(*fields, "deletionVector");
    DeletionVectorDescriptor vector;
    std::optional<std::string> type = reader.OptionalText("storageType");
    // A checkpoint row may spell "no vector" as a struct of nulls.
    if (!type && !reader.OptionalText("pathOrInlineDv") && !reader.error()) return std::nullopt;
    vector.storage_type = type && type->size() == 1 ? (*type)[0] : '?';
    vector.path_or_inline = reader.RequiredText("pathOrInlineDv");
    if (std::optional<int64_t> offset = reader.OptionalInt("offset")) vector.offset = reader.RequiredInt32("offset");
    vector.size_in_bytes = reader.RequiredInt32("sizeInBytes");
    vector.cardinality = reader.RequiredInt("cardinality");
    outer.Adopt(reader);
    return vector;
}

AddFile ReadAdd(Reader &reader) {
    AddFile file;
    file.path = reader.RequiredText("path");
    file.partition_values = reader.OptionalTexts("partitionValues");
    file.size = reader.Int("size");
    file.modification_time = reader.Int("modificationTime");
    file.data_change = reader.OptionalBool("dataChange").value_or(true);
    file.stats = reader.Text("stats");
    if (file.stats.empty()) file.stats = reader.ObjectText("stats_parsed");
    file.tags = reader.Texts("tags");
    file.deletion_vector = ReadVector(reader);
    file.base_row_id = reader.OptionalInt("baseRowId");
    file.default_row_commit_version = reader.OptionalInt("defaultRowCommitVersion");
    file.clustering_provider = reader.OptionalText("clusteringProvider");
    return file;
}

RemoveFile ReadRemove(Reader &reader) {
    RemoveFile file;
    file.path = reader.RequiredText("path");
    file.deletion_timestamp = reader.OptionalInt("deletionTimestamp");
    file.data_change = reader.OptionalBool("dataChange").value_or(true);
    file.extended_file_metadata = reader.OptionalBool("extendedFileMetadata");
    file.partition_values = reader.OptionalTexts("partitionValues");
    file.size = reader.OptionalInt("size");
    file.stats = reader.Text("stats");
    file.tags = reader.Texts("tags");
    file.deletion_vector = ReadVector(reader);
    file.base_row_id = reader.OptionalInt("baseRowId");
    file.default_row_commit_version = reader.OptionalInt("defaultRowCommitVersion");
    return file;
}

std::optional<std::vector<std::string>> ReadFeatures(Reader &reader, std::string_view key) {
    std::optional<std::vector<std::string>> features = reader.OptionalList(key);
    if (features) {
        std::ranges::sort(*features);
        features->erase(std::unique(features->begin(), features->end()), features->end());
    }
    return features;
}

Protocol ReadProtocol(Reader &reader) {
    Protocol protocol;
    protocol.min_reader_version = reader.RequiredInt32("minReaderVersion");
    protocol.min_writer_version = reader.RequiredInt32("minWriterVersion");
    protocol.reader_features = ReadFeatures(reader, "readerFeatures");
    protocol.writer_features = ReadFeatures(reader, "writerFeatures");
    return protocol;
}

Result<Action> ReadMetadata(Reader &reader) {
    Metadata metadata;
    metadata.id = reader.Text("id");
    metadata.name = reader.OptionalText("name");
    metadata.description = reader.OptionalText("description");
    metadata.schema_string = reader.Text("schemaString");
    metadata.partition_columns = reader.OptionalList("partitionColumns").value_or(std::vector<std::string>());
    metadata.configuration = reader.Texts("configuration");
    metadata.created_time = reader.OptionalInt("createdTime");
    if (reader.error()) return Corrupt(*reader.error());
    // Absent or empty is how the schema of a table without columns is written.
    if (metadata.schema_string.empty()) {
        metadata.schema = DataType::Struct({});
        return metadata;
    }
    TARN_TRY(metadata.schema, ParseSchema(metadata.schema_string));
    for (const std::string &column : metadata.partition_columns) {
        if (metadata.schema.FindField(column) == nullptr) {
            return Corrupt("metaData.partitionColumns names " + column + ", which is no column");
        }
    }
    return metadata;
}

CommitInfo ReadCommitInfo(Reader &reader, object fields) {
    CommitInfo info;
    info.timestamp = reader.OptionalInt("timestamp");
    info.in_commit_timestamp = reader.OptionalInt("inCommitTimestamp");
    info.operation = reader.Text("operation");
    info.operation_parameters = reader.ObjectText("operationParameters");
    info.operation_metrics = reader.ObjectText("operationMetrics");
    info.isolation_level = reader.Text("isolationLevel");
    info.is_blind_append = reader.OptionalBool("isBlindAppend");
    info.read_version = reader.OptionalInt("readVersion");
    info.engine_info = reader.Text("engineInfo");
    info.txn_id = reader.Text("txnId");
    info.user_name = reader.Text("userName");
    info.user_metadata = reader.Text("userMetadata");
    info.raw = simdjson::minify(fields);
    reader.Forgive();
    return info;
}

// nullopt for an action this library does not know.
Result<std::optional<Action>> ReadAction(std::string_view kind, object fields) {
    Reader reader(fields, kind);
    std::optional<Action> action;
    if (kind == "add") {
        action = ReadAdd(reader);
    } else if (kind == "remove") {
        action = ReadRemove(reader);
    } else if (kind == "protocol") {
        action = ReadProtocol(reader);
    } else if (kind == "metaData") {
        TARN_TRY(action, ReadMetadata(reader));
    } else if (kind == "txn") {
        action = SetTransaction{reader.RequiredText("appId"), reader.RequiredInt("version"),
                                reader.OptionalInt("lastUpdated")};
    } else if (kind == "domainMetadata") {
        action = DomainMetadata{reader.RequiredText("domain"), reader.Text("configuration"),
                                reader.OptionalBool("removed").value_or(false)};
    } else if (kind == "commitInfo") {
        action = ReadCommitInfo(reader, fields);
    } else if (kind == "cdc") {
        action = CdcFile{reader.RequiredText("path"), reader.OptionalTexts("partitionValues"), reader.Int("size"),
                         reader.Texts("tags")};
    } else if (kind == "sidecar") {
        action = Sidecar{reader.RequiredText("path"), reader.Int("sizeInBytes"), reader.Int("modificationTime")};
    } else if (kind == "checkpointMetadata") {
        action = CheckpointMetadata{reader.Int("version")};
    }
    if (reader.error()) return Corrupt(*reader.error());
    return action;
}

Result<void> ReadLine(element line, const std::function<Result<void>(Action &&)> &sink, std::string &problem) {
    object kinds;
    if (line.get(kinds) != simdjson::SUCCESS) {
        problem = "is not a JSON object";
        return {};
    }
    for (auto [kind, value] : kinds) {
        object fields;
        if (value.is_null() || value.get(fields) != simdjson::SUCCESS) continue;
        Result<std::optional<Action>> action = ReadAction(kind, fields);
        if (!action) {
            if (action.error().kind != ErrorKind::kCorrupt) return Fail(std::move(action).error());
            problem = "is damaged: " + action.error().message;
            return {};
        }
        if (*action) TARN_CHECK(sink(std::move(**action)));
    }
    return {};
}

}  // namespace

Result<void> ParseActions(std::string_view ndjson, std::string_view origin,
                          const std::function<Result<void>(Action &&)> &sink) {
    simdjson::padded_string text(ndjson);
    simdjson::dom::parser parser;
    const char *cursor = text.data();
    const char *end = cursor + text.size();
    for (int64_t number = 1; cursor < end; number++) {
        const char *newline = static_cast<const char *>(std::memchr(cursor, '\n', static_cast<size_t>(end - cursor)));
        const char *line_end = newline == nullptr ? end : newline;
        std::string_view line(cursor, static_cast<size_t>(line_end - cursor));
        cursor = line_end + 1;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        std::string problem;
        element parsed;
        // In place: the padding, or the following lines, stand behind every line.
        simdjson::error_code code = parser.parse(line.data(), line.size(), false).get(parsed);
        if (code != simdjson::SUCCESS) {
            problem = std::string("is not JSON (") + simdjson::error_message(code) + ")";
        } else {
            TARN_CHECK(ReadLine(parsed, sink, problem));
        }
        if (!problem.empty()) {
            return Corrupt("Line " + std::to_string(number) + " of " + std::string(origin) + " " + problem + ".");
        }
    }
    return {};
}

RemoveFile ToRemove(const AddFile &file, int64_t deletion_timestamp, bool data_change) {
    RemoveFile remove;
    remove.path = file.path;
    remove.deletion_timestamp = deletion_timestamp;
    remove.data_change = data_change;
    remove.extended_file_metadata = true;
    remove.partition_values = file.partition_values;
    remove.size = file.size;
    remove.tags = file.tags;
    remove.deletion_vector = file.deletion_vector;
    remove.base_row_id = file.base_row_id;
    remove.default_row_commit_version = file.default_row_commit_version;
    remove.stats = file.stats;
    return remove;
}

std::string FileKey(std::string_view table_root, std::string_view path,
                    const std::optional<DeletionVectorDescriptor> &deletion_vector) {
    std::string key = storage::ActionPathKey(table_root, path);
    if (deletion_vector) {
        key += '\0';
        key += deletion_vector->UniqueId();
    }
    return key;
}

std::string DeletionVectorDescriptor::UniqueId() const {
    std::string id = storage_type + path_or_inline;
    if (offset) id += "@" + std::to_string(*offset);
    return id;
}

bool Protocol::HasReaderFeature(std::string_view name) const {
    return reader_features && std::ranges::find(*reader_features, name) != reader_features->end();
}

bool Protocol::HasWriterFeature(std::string_view name) const {
    return writer_features && std::ranges::find(*writer_features, name) != writer_features->end();
}

}  // namespace tarn::delta
