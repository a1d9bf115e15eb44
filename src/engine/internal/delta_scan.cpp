#include "engine/internal/delta_scan.h"

#include <algorithm>

#include "engine/internal/types.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/common/multi_file/multi_file_function.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/storage/statistics/node_statistics.hpp"
#pragma GCC diagnostic pop

namespace tarn::engine {
namespace {

using namespace duckdb;

struct DeltaScanInfo final : TableFunctionInfo {
    explicit DeltaScanInfo(ScanSources &sources) : sources(sources) {}
    ScanSources &sources;
};

class DeltaFileList final : public SimpleMultiFileList {
public:
    explicit DeltaFileList(std::shared_ptr<const TableScan> scan)
        : SimpleMultiFileList(Paths(*scan)), scan_(std::move(scan)) {}

    const TableScan &Scan() const { return *scan_; }

    unique_ptr<NodeStatistics> GetCardinality(ClientContext &) const override {
        int64_t rows = 0;
        for (const ScanFile &file : scan_->files) {
            if (file.row_count < 0) return nullptr;
            rows += file.row_count - (file.deleted ? static_cast<int64_t>(file.deleted->Cardinality()) : 0);
        }
        return make_uniq<NodeStatistics>(static_cast<idx_t>(rows), static_cast<idx_t>(rows));
    }

    unique_ptr<MultiFileList> Copy() const override { return make_uniq<DeltaFileList>(scan_); }

    // What DuckDB decides by it is the number of threads: for a single file it asks a reader opened at bind time how many
    // row groups there are, and we open none. One thread does for what is one row group anyway.
    FileExpandResult GetExpandResult() const override {
        auto &files = scan_->files;
        if (files.size() == 1 && files[0].row_count >= 0 && files[0].row_count <= static_cast<int64_t>(DEFAULT_ROW_GROUP_SIZE)) {
            return FileExpandResult::SINGLE_FILE;
        }
        return files.empty() ? FileExpandResult::NO_FILES : FileExpandResult::MULTIPLE_FILES;
    }

private:
    // Size and time from the log spare the reader a look at each file, and key its cache of footers.
    static duckdb::vector<OpenFileInfo> Paths(const TableScan &scan) {
        duckdb::vector<OpenFileInfo> paths;
        paths.reserve(scan.files.size());
        for (const ScanFile &file : scan.files) {
            OpenFileInfo info(file.path);
            info.extended_info = make_shared_ptr<ExtendedOpenFileInfo>();
            info.extended_info->options["has_deletes"] = Value::BOOLEAN(file.deleted != nullptr);
            paths.push_back(std::move(info));
        }
        return paths;
    }

    std::shared_ptr<const TableScan> scan_;
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

class DeltaReader final : public MultiFileReader {
public:
    explicit DeltaReader(ScanSources &sources) : sources_(sources) { function_name = "tarn_scan"; }

    static unique_ptr<MultiFileReader> Create(const TableFunction &function) {
        return make_uniq<DeltaReader>(function.function_info->Cast<DeltaScanInfo>().sources);
    }
    unique_ptr<MultiFileReader> Copy() const override { return make_uniq<DeltaReader>(sources_); }

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
            // A VOID column holds NULLs only; DuckDB wants a type it can store.
            types.push_back(type->id() == LogicalTypeId::SQLNULL ? LogicalType::INTEGER : *type);
        }
        bind_data.schema = MultiFileColumnDefinition::ColumnsFromNamesAndTypes(names, types);
        for (auto &column : bind_data.schema) DefaultToNull(column);
        auto &scan = files.Cast<DeltaFileList>().Scan();
        for (idx_t i = 0; i < bind_data.schema.size() && scan.mapping != delta::ColumnMapping::kNone; i++) {
            Identify(bind_data.schema[i], scan.schema.fields[i], MapsById(scan));
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
        auto &scan = dynamic_cast<const DeltaFileList &>(*state->file_list).Scan();
        const ScanFile &file = scan.files.at(data.reader->file_list_idx.GetIndex());
        for (idx_t i = 0; i < column_ids.size() && !scan.partition_columns.empty(); i++) {
            column_t id = column_ids[i].GetPrimaryIndex();
            if (IsVirtualColumn(id)) continue;
            auto value = PartitionValue(scan, file, columns[id]);
            if (value) data.constant_map.Add(MultiFileGlobalIndex(i), *value);
        }
        if (file.deleted) data.reader->deletion_filter = make_uniq<RowMask>(file.deleted);
    }

private:
    // Absent: not a partition column. The text's form is the protocol's ("Partition Value Serialization").
    static std::optional<Value> PartitionValue(const TableScan &scan, const ScanFile &file,
                                               const MultiFileColumnDefinition &column) {
        auto matches = [&](const std::string &name) { return EqualsIgnoreCase(name, column.name); };
        if (std::ranges::none_of(scan.partition_columns, matches)) return std::nullopt;
        const Field *field = scan.schema.FindField(column.name);
        std::string physical = field ? delta::PhysicalName(*field) : column.name;
        for (auto &[name, text] : file.partition_values) {
            if (!EqualsIgnoreCase(name, physical)) continue;
            if (!text || text->empty()) return Value(column.type);
            if (column.type.id() == LogicalTypeId::BLOB) return Value::BLOB_RAW(*text);
            return Value(*text).DefaultCastAs(column.type);
        }
        return Value(column.type);
    }

    ScanSources &sources_;
};

virtual_column_map_t VirtualColumns(ClientContext &, optional_ptr<FunctionData> bind_data) {
    virtual_column_map_t columns;
    columns.emplace(MultiFileReader::COLUMN_IDENTIFIER_FILE_INDEX, TableColumn(kFileColumn, LogicalType::UBIGINT));
    columns.emplace(MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER, TableColumn(kRowColumn, LogicalType::BIGINT));
    columns.emplace(MultiFileReader::COLUMN_IDENTIFIER_FILENAME, TableColumn("__tarn_path", LogicalType::VARCHAR));
    columns.emplace(COLUMN_IDENTIFIER_EMPTY, TableColumn("", LogicalType::BOOLEAN));
    bind_data->Cast<MultiFileBindData>().virtual_columns = columns;
    return columns;
}

}  // namespace

void RegisterDeltaScan(DatabaseInstance &db, ScanSources &sources) {
    ExtensionLoader loader(db, "tarn");
    TableFunction scan = loader.GetTableFunction("parquet_scan").functions.GetFunctionByOffset(0);
    scan.name = "tarn_scan";
    scan.arguments = {LogicalType::BIGINT};
    scan.named_parameters.clear();
    scan.function_info = make_shared_ptr<DeltaScanInfo>(sources);
    scan.get_multi_file_reader = DeltaReader::Create;
    scan.get_virtual_columns = VirtualColumns;
    // These look at the bound file list as if it were plain Parquet paths.
    scan.serialize = nullptr;
    scan.deserialize = nullptr;
    scan.statistics = nullptr;
    scan.get_bind_info = nullptr;
    scan.late_materialization = false;
    loader.RegisterFunction(scan);
}

}  // namespace tarn::engine
