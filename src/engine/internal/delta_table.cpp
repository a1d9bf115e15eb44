#include "engine/internal/row_tracking.h"
#include "engine/internal/delta_table.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "delta/schema.h"
#include "delta/stats.h"
#include "delta/table_properties.h"
#include "delta/transaction.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/variant_files.h"
#include "sql/render.h"
#include "storage/object_reader.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

namespace fs = std::filesystem;

// "\"a\".\"b c\"" -> {"a", "b c"}
std::vector<std::string> SplitStatsPath(const std::string &text) {
    std::vector<std::string> path;
    std::string part;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); i++) {
        char c = text[i];
        if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
            part += '"';
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == '.' && !quoted) {
            path.push_back(std::move(part));
            part.clear();
        } else {
            part += c;
        }
    }
    path.push_back(std::move(part));
    return path;
}

// The leaf at `path` through structs only; nullptr below arrays and maps, which have no statistics.
const DataType *LeafAt(const DataType &schema, const std::vector<std::string> &path) {
    const DataType *type = &schema;
    for (const std::string &name : path) {
        if (type->kind != TypeKind::kStruct) return nullptr;
        const Field *field = type->FindField(name);
        if (!field) return nullptr;
        type = &field->type;
    }
    return type->IsNested() ? nullptr : type;
}

std::vector<delta::ColumnStats> ColumnStatsOf(const duckdb::Value &map, const DataType &schema) {
    std::vector<delta::ColumnStats> columns;
    for (auto &entry : duckdb::MapValue::GetChildren(map)) {
        auto &pair = duckdb::StructValue::GetChildren(entry);
        delta::ColumnStats stats;
        stats.path = SplitStatsPath(pair[0].ToString());
        const DataType *leaf = LeafAt(schema, stats.path);
        if (!leaf) continue;
        stats.type = *leaf;
        for (auto &measure : duckdb::MapValue::GetChildren(pair[1])) {
            auto &item = duckdb::StructValue::GetChildren(measure);
            std::string name = item[0].ToString();
            if (name == "min") stats.min = item[1].ToString();
            if (name == "max") stats.max = item[1].ToString();
            if (name == "null_count") stats.null_count = std::stoll(item[1].ToString());
            if (name == "has_nan") stats.has_nan = item[1].ToString() == "true";
        }
        columns.push_back(std::move(stats));
    }
    return columns;
}

std::string PartitionColumn(const delta::Metadata &metadata, const std::string &logical) {
    const Field *field = metadata.schema.FindField(logical);
    return field ? delta::PhysicalName(*field) : logical;
}

// By physical name, as the protocol wants it.
delta::PartitionValues PartitionValuesOf(const duckdb::Value &map, const delta::Metadata &metadata) {
    delta::PartitionValues values;
    DataType physical = delta::PhysicalSchema(metadata.schema);
    for (const std::string &column : metadata.partition_columns) values[PartitionColumn(metadata, column)] = std::nullopt;
    if (map.IsNull()) return values;
    for (auto &entry : duckdb::MapValue::GetChildren(map)) {
        auto &pair = duckdb::StructValue::GetChildren(entry);
        std::string name = pair[0].ToString();
        const Field *field = physical.FindField(name);
        if (!field || pair[1].IsNull()) continue;
        std::string text = pair[1].ToString();
        // The protocol wants instants in UTC without an offset: "2024-01-02 03:04:05.678".
        if (field->type.kind == TypeKind::kTimestamp && text.ends_with("+00")) text.resize(text.size() - 3);
        values[field->name] = text;
    }
    return values;
}

// For FIELD_IDS: of each column and each part of it, depth first. A variant is a group of two columns that have none.
void AddFieldIds(const DataType &type, std::string &ids) {
    auto add = [&ids](int64_t id) { ids += (ids.empty() ? "" : ", ") + std::to_string(id); };
    for (const DataType &child : type.children) {
        add(0);
        AddFieldIds(child, ids);
    }
    for (const Field &field : type.fields) {
        add(delta::ColumnId(field).value_or(0));
        AddFieldIds(field.type, ids);
    }
    if (type.kind == TypeKind::kVariant) {
        add(0);
        add(0);
    }
}

// `text`, a value of `type`, as files hold it: with physical names for the fields within it, and variants as the group of two
// binary columns that they are. DuckDB's own writer of variants has no place for a variant that is NULL.
std::string PhysicalValue(const DataType &type, const std::string &text, int depth) {
    if (type.kind == TypeKind::kVariant) return "CASE WHEN " + text + " IS NULL THEN NULL ELSE variant_to_parquet_variant(" + text + ") END";
    if (delta::PhysicalSchema(type) == type && !HoldsVariant(type)) return text;
    if (type.kind == TypeKind::kStruct) {
        std::string fields;
        for (const Field &field : type.fields) {
            std::string inner = "struct_extract(" + text + ", " + sql::QuoteLiteral(field.name) + ")";
            fields += (fields.empty() ? "" : ", ") + sql::QuoteIdentifier(delta::PhysicalName(field)) + " := " +
                      PhysicalValue(field.type, inner, depth);
        }
        return "CASE WHEN " + text + " IS NULL THEN NULL ELSE struct_pack(" + fields + ") END";
    }
    std::string each = "__tarn_" + std::to_string(depth);
    if (type.kind == TypeKind::kArray) {
        return "list_transform(" + text + ", lambda " + each + ": " + PhysicalValue(type.children[0], each, depth + 1) + ")";
    }
    return "map_from_entries(list_transform(map_entries(" + text + "), lambda " + each + ": struct_pack(k := " +
           PhysicalValue(type.children[0], "struct_extract(" + each + ", 'key')", depth + 1) + ", v := " +
           PhysicalValue(type.children[1], "struct_extract(" + each + ", 'value')", depth + 1) + ")))";
}

// The same rows under the names that files of the table use.
std::string PhysicalRows(const delta::Metadata &metadata, const std::string &select_sql, const FileLayout &layout) {
    if (delta::ColumnMappingOf(metadata) == delta::ColumnMapping::kNone && !HoldsVariant(metadata.schema)) return select_sql;
    std::string list;
    for (const Field &field : metadata.schema.fields) {
        list += (list.empty() ? "" : ", ") + PhysicalValue(field.type, sql::QuoteIdentifier(field.name), 0) + " AS " +
                sql::QuoteIdentifier(delta::PhysicalName(field));
    }
    for (const Field &field : layout.extra) list += ", " + sql::QuoteIdentifier(field.name);
    return "SELECT " + list + " FROM (" + select_sql + ")";
}

// Files of one write share `tag`, by which those of a write that fails are found again.
std::string CopyOptions(const delta::Metadata &metadata, const FileLayout &layout, const std::string &tag) {
    // Snappy as Spark's own default; ZSTD at its first level is a third smaller, takes as long to write and longer to read.
    // 128 MB is what Spark's optimised writes aim for.
    const std::string *property = metadata.Property("delta.parquet.compression.codec");
    std::string codec = delta::ParquetCodec(property ? *property : layout.codec).value_or("snappy");
    std::string options = "FORMAT tarn_parquet, COMPRESSION " + codec + ", RETURN_STATS, OVERWRITE_OR_IGNORE, "
                          "FILENAME_PATTERN '" + layout.prefix + "-" + tag + "-{uuid}'";
    if (delta::ColumnMappingOf(metadata) != delta::ColumnMapping::kNone) {
        std::string ids;
        AddFieldIds(delta::DataSchema(metadata), ids);
        for (size_t i = 0; i < layout.extra.size(); i++) ids += ", 0";
        options += ", FIELD_IDS [" + ids + "]";
    }
    int64_t file_bytes = metadata.ByteSizeProperty("delta.targetFileSize", 128 << 20);
    if (metadata.partition_columns.empty()) return options + ", FILE_SIZE_BYTES '" + std::to_string(file_bytes) + "B'";
    options += ", PARTITION_BY (";
    for (size_t i = 0; i < metadata.partition_columns.size(); i++) {
        if (i > 0) options += ", ";
        options += sql::QuoteIdentifier(PartitionColumn(metadata, metadata.partition_columns[i]));
    }
    return options + ")";
}

// Best effort: VACUUM finds what stays.
void RemoveTagged(storage::ObjectStore &store, const std::string &location, const std::string &tag) {
    storage::ListOptions everything;
    everything.recursive = true;
    auto listed = store.List(location, everything);
    for (size_t i = 0; listed && i < listed->size(); i++) {
        const std::string &path = (*listed)[i].path;
        if (path.substr(path.rfind('/') + 1).find("-" + tag + "-") != std::string::npos) (void)store.Delete(path);
    }
}

}  // namespace

Result<delta::SnapshotPtr> TableCache::Load(const std::string &location, std::optional<int64_t> version) {
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
    delta::LoadOptions options;
    options.version = version;
    options.io = &io_;
    options.coordinator = &coordinator_;
    {
        std::lock_guard lock(mutex_);
        if (auto it = newest_.find(location); it != newest_.end() && !it->second->files.rows().StatsFailed()) {
            if (!version || it->second->version <= *version) options.base = it->second;
        }
    }
    TARN_TRY(delta::SnapshotPtr snapshot, delta::LoadSnapshot(*store, location, options));
    delta::Capabilities can = kCapabilities;
    if (snapshot->protocol.HasReaderFeature("catalogManaged")) {
        // Managed by another catalog, whose word we do not have: its files alone do not tell the table's state.
        TARN_TRY(auto managed, coordinator_.Find(location));
        can.catalog_managed = managed.has_value();
    }
    TARN_CHECK(delta::CheckReadable(*snapshot, can));
    if (!snapshot->checksum_disagreement.empty()) {
        std::fprintf(stderr, "warning: the checksum file of version %lld of %s disagrees with its log: %s. The log counts.\n",
                     static_cast<long long>(snapshot->version), location.c_str(), snapshot->checksum_disagreement.c_str());
    }
    if (!version) {
        std::lock_guard lock(mutex_);
        newest_[location] = snapshot;
    }
    return snapshot;
}

delta::TransactionOptions TableCache::OptionsFor(const delta::Snapshot &snapshot) {
    delta::TransactionOptions options;
    if (snapshot.protocol.HasWriterFeature("catalogManaged")) options.coordinator = &coordinator_;
    return options;
}

void TableCache::Forget(const std::string &location) {
    checkpoints_.Drop(location);
    std::lock_guard lock(mutex_);
    newest_.erase(location);
}

namespace {

Result<void> LoadVectors(storage::ObjectStore &store, const std::string &table_root, ScanFiles &files) {
    std::vector<std::pair<size_t, const delta::DeletionVectorDescriptor *>> masked;
    size_t index = 0;
    files.rows().ForEach([&](const delta::FileRow &row) {
        if (row.deletion_vector()) masked.emplace_back(index, row.deletion_vector());
        index++;
    });
    std::vector<std::shared_ptr<const delta::DeletionVector>> vectors(masked.size());
    std::vector<Result<void>> loaded(masked.size());
    auto load = [&](size_t i) {
        auto vector = delta::ReadDeletionVector(store, table_root, *masked[i].second);
        if (vector) vectors[i] = std::make_shared<const delta::DeletionVector>(*std::move(vector));
        else loaded[i] = std::unexpected(std::move(vector).error());
    };
    if (!storage::IsLocalPath(table_root)) storage::SideBySide(masked.size(), load);
    else for (size_t i = 0; i < masked.size(); i++) load(i);
    for (size_t i = 0; i < masked.size(); i++) {
        TARN_CHECK(std::move(loaded[i]));
        files.Mask(masked[i].first, std::move(vectors[i]));
    }
    return {};
}

Result<std::shared_ptr<TableScan>> ScanOfRows(const delta::Snapshot &snapshot, delta::FileRows rows) {
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(snapshot.table_root));
    auto scan = std::make_shared<TableScan>();
    scan->schema = snapshot.metadata.schema;
    scan->mapping = delta::ColumnMappingOf(snapshot.metadata);
    scan->partition_columns = snapshot.metadata.partition_columns;
    if (auto tracking = RowTrackingOf(snapshot.metadata)) {
        scan->row_id_column = tracking->id_column;
        scan->row_version_column = tracking->version_column;
        // These columns have no field id; writers of both modes give files the physical names.
        if (scan->mapping == delta::ColumnMapping::kId) scan->mapping = delta::ColumnMapping::kName;
    }
    TARN_TRY(scan->files, ScanFiles::Of(snapshot.table_root, std::move(rows)));
    TARN_CHECK(LoadVectors(*store, snapshot.table_root, scan->files));
    return scan;
}

}  // namespace

Result<std::shared_ptr<TableScan>> ScanOf(const delta::Snapshot &snapshot) { return ScanOfRows(snapshot, snapshot.files.rows()); }

Result<std::shared_ptr<TableScan>> ScanOfFiles(const delta::Snapshot &snapshot, const std::vector<delta::FilePtr> &files) {
    return ScanOfRows(snapshot, delta::RowsOf(snapshot.table_root, files));
}

Result<WrittenFiles> WriteFiles(duckdb::Connection &connection, const std::string &location, const delta::Metadata &metadata,
                                const std::string &select_sql, const FileLayout &layout) {
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
    std::string folder = layout.folder.empty() ? location : location + "/" + layout.folder;
    if (storage::IsLocalPath(location)) {
        std::error_code failed;
        fs::create_directories(folder, failed);
        if (failed) return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot create " + folder + ": " + failed.message() + ".");
    }
    std::string tag = delta::NewUuid().substr(0, 8);
    auto copied = RunToEnd(connection, "COPY (" + PhysicalRows(metadata, select_sql, layout) + ") TO " + sql::QuoteLiteral(folder) + " (" +
                                           CopyOptions(metadata, layout, tag) + ")");
    if (!copied) {
        RemoveTagged(*store, folder, tag);
        return Fail(std::move(copied).error());
    }
    auto &result = *copied;
    DataType data_schema = delta::PhysicalSchema(delta::DataSchema(metadata));
    delta::StatsOptions stats_options = delta::StatsOptionsOf(metadata);
    WrittenFiles written;
    for (size_t row = 0; row < result->RowCount(); row++) {
        std::string path = result->GetValue(0, row).ToString();
        int64_t rows = result->GetValue(1, row).GetValue<int64_t>();
        if (rows == 0) {
            (void)store->Delete(path);
            continue;
        }
        delta::AddFile add;
        add.path = storage::PercentEncode(storage::RelativePath(location, path));
        add.partition_values = PartitionValuesOf(result->GetValue(5, row), metadata);
        add.size = result->GetValue(2, row).GetValue<int64_t>();
        add.modification_time = delta::NowMs();
        add.stats = delta::BuildStats(rows, ColumnStatsOf(result->GetValue(4, row), data_schema), data_schema, stats_options);
        written.rows += rows;
        written.bytes += add.size;
        written.files.push_back(std::move(add));
    }
    return written;
}

void DiscardFiles(const std::string &location, const std::vector<delta::AddFile> &files) {
    auto store = storage::StoreFor(location);
    if (!store || files.empty()) return;
    std::vector<std::string> paths;
    for (const delta::AddFile &file : files) {
        auto path = storage::ResolveActionPath(location, file.path);
        if (path) paths.push_back(std::move(*path));
    }
    (void)(*store)->DeleteMany(paths);
}

}  // namespace tarn::engine
