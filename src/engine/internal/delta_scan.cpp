#include "engine/internal/delta_scan.h"

#include <algorithm>
#include <numeric>

#include "engine/internal/char_columns.h"
#include "engine/internal/file_metadata.h"
#include "engine/internal/file_statistics.h"
#include "engine/internal/object_file_system.h"
#include "engine/internal/types.h"
#include "engine/internal/variant_files.h"
#include "engine/internal/widened_filters.h"

#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/common/multi_file/multi_file_function.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/function/partition_stats.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/storage/statistics/node_statistics.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

struct DeltaScanInfo final : TableFunctionInfo {
    explicit DeltaScanInfo(ScanSources &sources) : sources(sources) {}
    ScanSources &sources;
    table_function_pushdown_complex_filter_t pushdown = nullptr;  // DuckDB's own.
};

// Of __tarn_file. DuckDB's own index of a file counts in the list that a scan was cut down to.
constexpr column_t kFileColumnId = (UINT64_C(1) << 63) + 2000;
// What _metadata shows of a row: constants of its file, and what the file holds in hidden columns.
constexpr column_t kMetadataColumnId = kFileColumnId + 1, kBaseRowIdColumnId = kFileColumnId + 2, kDefaultVersionColumnId = kFileColumnId + 3,
                   kStoredRowIdColumnId = kFileColumnId + 4, kStoredVersionColumnId = kFileColumnId + 5;

// The value of a virtual column that is the same for all rows of a file. nullopt: it is not.
std::optional<Value> FileConstant(const TableScan &scan, size_t index, column_t column) {
    delta::FileRow file = scan.files.row(index);
    auto number = [](const std::optional<int64_t> &value) { return value ? Value::BIGINT(*value) : Value(LogicalType::BIGINT); };
    switch (column) {
        case kFileColumnId: return Value::UBIGINT(index);
        case kMetadataColumnId: {
            std::string path = scan.files.Path(index);
            Value time = file.time() ? Value::TIMESTAMPTZ(timestamp_tz_t(*file.time() * 1000)) : Value(LogicalType::TIMESTAMP_TZ);
            return FileMetadataValue(path, number(file.size()), time);
        }
        case kBaseRowIdColumnId: return number(file.base_row_id());
        case kDefaultVersionColumnId: return number(file.default_row_commit_version());
        case kStoredRowIdColumnId:
        case kStoredVersionColumnId: return scan.row_id_column.empty() ? std::optional(Value(LogicalType::BIGINT)) : std::nullopt;
        default: return std::nullopt;
    }
}

class DeltaFileList final : public MultiFileList {
public:
    explicit DeltaFileList(std::shared_ptr<const TableScan> scan) : DeltaFileList(scan, All(scan->files.size())) {}
    // Some of the scan's files, by index.
    DeltaFileList(std::shared_ptr<const TableScan> scan, std::vector<size_t> files) : scan_(std::move(scan)), files_(std::move(files)) {}

    const TableScan &Scan() const { return *scan_; }
    const std::shared_ptr<const TableScan> &SharedScan() const { return scan_; }
    const std::vector<size_t> &Files() const { return files_; }

    duckdb::vector<OpenFileInfo> GetAllFiles() const override {
        duckdb::vector<OpenFileInfo> all;
        for (idx_t i = 0; i < files_.size(); i++) all.push_back(GetFile(i));
        return all;
    }
    idx_t GetTotalFileCount() const override { return files_.size(); }

    // Plans ask many times.
    unique_ptr<NodeStatistics> GetCardinality(ClientContext &) const override {
        std::call_once(counted_, [this] { rows_ = CountRows(); });
        return rows_ ? make_uniq<NodeStatistics>(*rows_, *rows_) : nullptr;
    }

    unique_ptr<MultiFileList> Copy() const override { return make_uniq<DeltaFileList>(scan_, files_); }

    // Leaves out files of which the log says that no row passes. Called when the scan starts: the filters then hold what
    // joins have learnt from their other side, too.
    unique_ptr<MultiFileList> DynamicFilterPushdown(ClientContext &, const MultiFileOptions &, const duckdb::vector<string> &,
                                                    const duckdb::vector<LogicalType> &types,
                                                    const duckdb::vector<column_t> &column_ids,
                                                    TableFilterSet &filters) const override {
        std::vector<ColumnFilter> columns;
        for (auto &[index, filter] : filters.filters) {
            column_t column = column_ids[index];
            if (IsVirtualColumn(column) || column >= scan_->schema.fields.size()) continue;
            columns.push_back({scan_->schema.fields[column], types[column], *filter});
            if (scan_->uses) scan_->uses->Note(scan_->schema.fields[column].name);
        }
        if (columns.empty()) return nullptr;
        std::vector<size_t> kept = FilesThatMayPass(*scan_, files_, columns);
        if (kept.size() == files_.size()) return nullptr;
        return make_uniq<DeltaFileList>(scan_, std::move(kept));
    }

    // What DuckDB decides by it is the number of threads: for a single file it asks a reader opened at bind time how many
    // row groups there are, and we open none. One thread does for what is one row group anyway.
    FileExpandResult GetExpandResult() const override {
        if (files_.size() == 1) {
            int64_t rows = scan_->files.RowCount(files_[0]);
            if (rows >= 0 && rows <= static_cast<int64_t>(DEFAULT_ROW_GROUP_SIZE)) return FileExpandResult::SINGLE_FILE;
        }
        return files_.empty() ? FileExpandResult::NO_FILES : FileExpandResult::MULTIPLE_FILES;
    }

protected:
    OpenFileInfo GetFile(idx_t i) const override {
        if (i >= files_.size()) return OpenFileInfo("");
        // A request to an object store is dear; the log knows how long the file is, and that it never changes.
        std::string path = scan_->files.Path(files_[i]);
        OpenFileInfo info = storage::IsLocalPath(path) ? OpenFileInfo(path) : KnownFile(path, scan_->files.row(files_[i]).size().value_or(0));
        if (!info.extended_info) info.extended_info = make_shared_ptr<ExtendedOpenFileInfo>();
        info.extended_info->options["has_deletes"] = Value::BOOLEAN(scan_->files.Deleted(files_[i]) != nullptr);
        return info;
    }

private:
    static std::vector<size_t> All(size_t count) {
        std::vector<size_t> files(count);
        std::iota(files.begin(), files.end(), size_t{0});
        return files;
    }

    std::optional<idx_t> CountRows() const {
        idx_t rows = 0;
        for (size_t i : files_) {
            int64_t count = scan_->files.RowCount(i);
            if (count < 0) return std::nullopt;
            const delta::DeletionVector *deleted = scan_->files.Deleted(i);
            rows += static_cast<idx_t>(count) - (deleted ? deleted->Cardinality() : 0);
        }
        return rows;
    }

    std::shared_ptr<const TableScan> scan_;
    std::vector<size_t> files_;  // Into scan_->files.
    mutable std::once_flag counted_;
    mutable std::optional<idx_t> rows_;
};

class RowMask final : public DeleteFilter {
public:
    explicit RowMask(std::shared_ptr<const delta::DeletionVector> deleted) : deleted_(std::move(deleted)) {}

    idx_t Filter(row_t start, idx_t count, SelectionVector &selected) override {
        selected.Initialize(STANDARD_VECTOR_SIZE);
        return deleted_->SelectKept(static_cast<uint64_t>(start), static_cast<uint32_t>(count), selected.data());
    }

private:
    std::shared_ptr<const delta::DeletionVector> deleted_;
};

// A column (or a struct's member) that an older file does not have is NULL there.
void DefaultToNull(MultiFileColumnDefinition &column) {
    column.default_expression = make_uniq<ConstantExpression>(Value(column.type));
    for (auto &child : column.children) DefaultToNull(child);
}

// Whether structs stand within arrays or maps.
bool HidesStructs(const DataType &type, bool within = false) {
    if (type.kind == TypeKind::kStruct && within) return true;
    bool collection = type.kind == TypeKind::kArray || type.kind == TypeKind::kMap;
    for (const DataType &child : type.children) {
        if (HidesStructs(child, within || collection)) return true;
    }
    return std::ranges::any_of(type.fields, [&](const Field &field) { return HidesStructs(field.type, within); });
}

// Mode `id` finds columns by their field ids, but elements of arrays and maps have none, which DuckDB's mapper does not
// take. Their table is read by physical names, which writers of both modes give to their files.
bool MapsById(const TableScan &scan) { return scan.mapping == delta::ColumnMapping::kId && !HidesStructs(scan.schema); }

// How files name the column and what is in it. Elements of arrays and maps have no mapped name of their own: they are
// called as DuckDB's reader calls them.
void IdentifyWithin(MultiFileColumnDefinition &column, const DataType &type, bool by_id);

void Identify(MultiFileColumnDefinition &column, const Field &field, bool by_id) {
    column.identifier = by_id ? Value::INTEGER(static_cast<int32_t>(delta::ColumnId(field).value_or(-1)))
                              : Value(delta::PhysicalName(field));
    IdentifyWithin(column, field.type, by_id);
}

void IdentifyWithin(MultiFileColumnDefinition &column, const DataType &type, bool by_id) {
    auto add = [&](const char *name, const LogicalType &child, const DataType &child_type) {
        column.children.push_back(MultiFileColumnDefinition::CreateFromNameAndType(name, child));
        DefaultToNull(column.children.back());
        IdentifyWithin(column.children.back(), child_type, by_id);
    };
    if (type.kind != TypeKind::kStruct && !HidesStructs(type)) return;
    if (type.kind == TypeKind::kArray) add("list", ListType::GetChildType(column.type), type.children[0]);
    if (type.kind == TypeKind::kMap) {
        add("key", MapType::KeyType(column.type), type.children[0]);
        add("value", MapType::ValueType(column.type), type.children[1]);
    }
    if (type.kind != TypeKind::kStruct) return;
    for (idx_t i = 0; i < column.children.size(); i++) Identify(column.children[i], type.fields[i], by_id);
}

// A VOID column or member holds NULLs only; DuckDB wants a type it can store.
LogicalType Storable(const LogicalType &type) {
    switch (type.id()) {
        case LogicalTypeId::SQLNULL: return LogicalType::INTEGER;
        case LogicalTypeId::LIST: return LogicalType::LIST(Storable(ListType::GetChildType(type)));
        case LogicalTypeId::MAP: return LogicalType::MAP(Storable(MapType::KeyType(type)), Storable(MapType::ValueType(type)));
        case LogicalTypeId::STRUCT: {
            child_list_t<LogicalType> children;
            for (auto &[name, child] : StructType::GetChildTypes(type)) children.emplace_back(name, Storable(child));
            return LogicalType::STRUCT(std::move(children));
        }
        default: return type;
    }
}

class DeltaReader final : public MultiFileReader {
public:
    explicit DeltaReader(ScanSources &sources) : sources_(sources) { function_name = "tarn_scan"; }

    static unique_ptr<MultiFileReader> Create(const TableFunction &function) {
        return make_uniq<DeltaReader>(function.function_info->Cast<DeltaScanInfo>().sources);
    }
    unique_ptr<MultiFileReader> Copy() const override {
        auto copy = make_uniq<DeltaReader>(sources_);
        copy->stored_ = stored_;
        return copy;
    }

    duckdb::vector<string> ParsePaths(const Value &input) override { return {input.ToString()}; }

    shared_ptr<MultiFileList> CreateFileList(ClientContext &, const duckdb::vector<string> &paths,
                                             const FileGlobInput &) override {
        auto scan = sources_.FindTable(std::stoull(paths.at(0)));
        if (!scan) throw InternalException("tarn_scan: unknown handle %s", paths.at(0));
        return make_shared_ptr<DeltaFileList>(std::move(scan));
    }

    bool Bind(MultiFileOptions &, MultiFileList &files, duckdb::vector<LogicalType> &types, duckdb::vector<string> &names,
              MultiFileReaderBindData &bind_data) override {
        for (const Field &field : files.Cast<DeltaFileList>().Scan().schema.fields) {
            auto type = ToLogicalType(field.type);
            if (!type) throw NotImplementedException(type.error().message);
            names.push_back(field.name);
            types.push_back(Storable(*type));
        }
        bind_data.schema = MultiFileColumnDefinition::ColumnsFromNamesAndTypes(names, types);
        for (auto &column : bind_data.schema) DefaultToNull(column);
        auto &scan = files.Cast<DeltaFileList>().Scan();
        for (idx_t i = 0; i < bind_data.schema.size() && scan.mapping != delta::ColumnMapping::kNone; i++) {
            Identify(bind_data.schema[i], scan.schema.fields[i], MapsById(scan));
        }
        for (const std::string &column : {scan.row_id_column, scan.row_version_column}) {
            stored_.push_back(MultiFileColumnDefinition::CreateFromNameAndType(column, LogicalType::BIGINT));
            DefaultToNull(stored_.back());
            if (scan.mapping != delta::ColumnMapping::kNone) stored_.back().identifier = Value(column);
        }
        return true;
    }

    void BindOptions(MultiFileOptions &options, MultiFileList &files, duckdb::vector<LogicalType> &, duckdb::vector<string> &,
                     MultiFileReaderBindData &bind_data) override {
        // Partition values come from the log, never from directory names.
        options.auto_detect_hive_partitioning = false;
        options.hive_partitioning = false;
        options.union_by_name = false;
        bool by_id = MapsById(files.Cast<DeltaFileList>().Scan());
        bind_data.mapping = by_id ? MultiFileColumnMappingMode::BY_FIELD_ID : MultiFileColumnMappingMode::BY_NAME;
    }

    unique_ptr<MultiFileReaderGlobalState> InitializeGlobalState(ClientContext &, const MultiFileOptions &,
                                                                 const MultiFileReaderBindData &, const MultiFileList &files,
                                                                 const duckdb::vector<MultiFileColumnDefinition> &,
                                                                 const duckdb::vector<ColumnIndex> &) override {
        return make_uniq<MultiFileReaderGlobalState>(duckdb::vector<LogicalType>(), &files);
    }

    void FinalizeBind(MultiFileReaderData &data, const MultiFileOptions &options, const MultiFileReaderBindData &bind,
                      const duckdb::vector<MultiFileColumnDefinition> &columns, const duckdb::vector<ColumnIndex> &column_ids,
                      ClientContext &context, optional_ptr<MultiFileReaderGlobalState> state) override {
        MultiFileReader::FinalizeBind(data, options, bind, columns, column_ids, context, state);
        auto &list = dynamic_cast<const DeltaFileList &>(*state->file_list);
        auto &scan = list.Scan();
        idx_t position = data.reader->file_list_idx.GetIndex();
        size_t file = list.Files().at(position);
        for (idx_t i = 0; i < column_ids.size(); i++) {
            column_t id = column_ids[i].GetPrimaryIndex();
            if (IsVirtualColumn(id)) {
                if (auto constant = FileConstant(scan, file, id)) data.constant_map.Add(MultiFileGlobalIndex(i), *constant);
                continue;
            }
            auto value = PartitionValue(scan, scan.files.row(file), scan.schema.fields.at(id), columns[id].type);
            if (value) data.constant_map.Add(MultiFileGlobalIndex(i), *value);
        }
        if (auto deleted = scan.files.SharedDeleted(file)) data.reader->deletion_filter = make_uniq<RowMask>(std::move(deleted));
    }

    using MultiFileReader::CreateReader;
    shared_ptr<BaseFileReader> CreateReader(ClientContext &context, GlobalTableFunctionState &gstate, const OpenFileInfo &file,
                                            idx_t file_index, const MultiFileBindData &bind) override {
        auto reader = MultiFileReader::CreateReader(context, gstate, file, file_index, bind);
        auto &scan = dynamic_cast<const DeltaFileList &>(*bind.file_list).Scan();
        if (!HoldsVariant(scan.schema)) return reader;
        return WithVariants(context, file, std::move(reader), scan.schema, MapsById(scan));
    }

    using MultiFileReader::CreateMapping;
    ReaderInitializeType CreateMapping(ClientContext &context, MultiFileReaderData &data,
                                       const duckdb::vector<MultiFileColumnDefinition> &columns,
                                       const duckdb::vector<ColumnIndex> &column_ids, optional_ptr<TableFilterSet> filters,
                                       MultiFileList &files, const MultiFileReaderBindData &bind,
                                       const virtual_column_map_t &virtual_columns) override {
        unique_ptr<TableFilterSet> own;
        if (filters) {
            bool by_id = bind.mapping == MultiFileColumnMappingMode::BY_FIELD_ID;
            own = FiltersForFile(*filters, columns, column_ids, data.reader->GetColumns(), by_id);
            if (own) filters = own.get();
        }
        return MultiFileReader::CreateMapping(context, data, columns, column_ids, filters, files, bind, virtual_columns);
    }

    // Row ids and versions that the file holds are read as if they were columns of the table.
    unique_ptr<Expression> GetVirtualColumnExpression(ClientContext &context, MultiFileReaderData &data,
                                                      const duckdb::vector<MultiFileColumnDefinition> &columns, idx_t &column_id,
                                                      const LogicalType &type, MultiFileLocalIndex index,
                                                      optional_ptr<MultiFileColumnDefinition> &reference) override {
        if (column_id == kStoredRowIdColumnId || column_id == kStoredVersionColumnId) {
            reference = stored_.at(column_id - kStoredRowIdColumnId);
            return nullptr;
        }
        return MultiFileReader::GetVirtualColumnExpression(context, data, columns, column_id, type, index, reference);
    }

private:
    ScanSources &sources_;
    duckdb::vector<MultiFileColumnDefinition> stored_;  // Row ids, versions.
};

virtual_column_map_t VirtualColumns(ClientContext &, optional_ptr<FunctionData> bind_data) {
    virtual_column_map_t columns;
    columns.emplace(kFileColumnId, TableColumn(kFileColumn, LogicalType::UBIGINT));
    columns.emplace(kMetadataColumnId, TableColumn("_metadata", FileMetadataType()));
    columns.emplace(kBaseRowIdColumnId, TableColumn("__tarn_file_base_id", LogicalType::BIGINT));
    columns.emplace(kDefaultVersionColumnId, TableColumn("__tarn_file_version", LogicalType::BIGINT));
    columns.emplace(kStoredRowIdColumnId, TableColumn("__tarn_stored_row_id", LogicalType::BIGINT));
    columns.emplace(kStoredVersionColumnId, TableColumn("__tarn_stored_version", LogicalType::BIGINT));
    columns.emplace(MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER, TableColumn(kRowColumn, LogicalType::BIGINT));
    columns.emplace(MultiFileReader::COLUMN_IDENTIFIER_FILENAME, TableColumn("__tarn_path", LogicalType::VARCHAR));
    columns.emplace(COLUMN_IDENTIFIER_EMPTY, TableColumn("", LogicalType::BOOLEAN));
    bind_data->Cast<MultiFileBindData>().virtual_columns = columns;
    return columns;
}

unique_ptr<BaseStatistics> ColumnStatistics(ClientContext &, const FunctionData *bind_data, column_t column) {
    auto &bind = bind_data->Cast<MultiFileBindData>();
    auto &list = dynamic_cast<const DeltaFileList &>(*bind.file_list);
    auto &fields = list.Scan().schema.fields;
    if (IsVirtualColumn(column) || column >= fields.size()) return nullptr;
    return StatisticsOf(list.Scan(), list.Files(), fields[column], bind.types[column]);
}

// A file's columns, for COUNT(*), MIN and MAX without a scan.
class FileColumns final : public PartitionRowGroup {
public:
    FileColumns(std::shared_ptr<const TableScan> scan, size_t file) : scan_(std::move(scan)), file_(file) {}

    unique_ptr<BaseStatistics> GetColumnStatistics(const StorageIndex &index) override {
        const Field *field = FieldOf(index);
        auto type = field ? ToLogicalType(field->type) : Result<LogicalType>(LogicalType::INVALID);
        if (!field || !type) return nullptr;
        return StatisticsOf(*scan_, scan_->files.row(file_), *field, *type).ToUnique();
    }

    bool MinMaxIsExact(const BaseStatistics &, const StorageIndex &index) override {
        const Field *field = FieldOf(index);
        return field && BoundsAreValues(*scan_, file_, *field);
    }

private:
    const Field *FieldOf(const StorageIndex &index) const {
        auto &fields = scan_->schema.fields;
        return index.HasChildren() || index.GetPrimaryIndex() >= fields.size() ? nullptr : &fields[index.GetPrimaryIndex()];
    }

    std::shared_ptr<const TableScan> scan_;
    size_t file_;
};

// Empty: the log does not know all row counts.
duckdb::vector<PartitionStatistics> RowCounts(ClientContext &, GetPartitionStatsInput &input) {
    auto &list = dynamic_cast<const DeltaFileList &>(*input.bind_data->Cast<MultiFileBindData>().file_list);
    duckdb::vector<PartitionStatistics> counts;
    for (size_t i : list.Files()) {
        const ScanFiles &files = list.Scan().files;
        int64_t rows = files.RowCount(i);
        if (rows < 0) return {};
        PartitionStatistics entry;
        entry.row_start = 0;
        entry.count = static_cast<idx_t>(rows) - (files.Deleted(i) ? files.Deleted(i)->Cardinality() : 0);
        entry.count_type = CountType::COUNT_EXACT;
        entry.partition_row_group = make_shared_ptr<FileColumns>(list.SharedScan(), i);
        counts.push_back(std::move(entry));
    }
    return counts;
}

void PushdownFilters(ClientContext &context, LogicalGet &get, FunctionData *bind_data, duckdb::vector<unique_ptr<Expression>> &filters) {
    AddBoundsOfRawChars(filters);
    auto &info = get.function.function_info->Cast<DeltaScanInfo>();
    if (info.pushdown) info.pushdown(context, get, bind_data, filters);
}

}  // namespace

const DataType *ScannedSchema(const duckdb::LogicalGet &get) {
    if (get.function.name != "tarn_scan" || !get.bind_data) return nullptr;
    return &dynamic_cast<const DeltaFileList &>(*get.bind_data->Cast<duckdb::MultiFileBindData>().file_list).Scan().schema;
}

void RegisterDeltaScan(DatabaseInstance &db, ScanSources &sources) {
    ExtensionLoader loader(db, "tarn");
    TableFunction scan = loader.GetTableFunction("parquet_scan").functions.GetFunctionByOffset(0);
    scan.name = "tarn_scan";
    scan.arguments = {LogicalType::BIGINT};
    scan.named_parameters.clear();
    auto info = make_shared_ptr<DeltaScanInfo>(sources);
    info->pushdown = scan.pushdown_complex_filter;
    scan.function_info = std::move(info);
    scan.pushdown_complex_filter = PushdownFilters;
    scan.get_multi_file_reader = DeltaReader::Create;
    scan.get_virtual_columns = VirtualColumns;
    // These look at the bound file list as if it were plain Parquet paths.
    scan.serialize = nullptr;
    scan.deserialize = nullptr;
    scan.get_bind_info = nullptr;
    scan.statistics = ColumnStatistics;
    scan.get_partition_stats = RowCounts;
    scan.late_materialization = false;
    loader.RegisterFunction(scan);
}

}  // namespace tarn::engine
