#include "engine/internal/json_scan.h"

#include "engine/internal/duck_error.h"
#include "engine/internal/file_metadata.h"
#include "engine/internal/object_source.h"
#include "engine/internal/read_files.h"
#include "engine/internal/types.h"

#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/parallel/task_scheduler.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

// Above MultiFileReader's own virtual columns, which start at 2^63.
constexpr column_t kMetadataId = (UINT64_C(1) << 63) + 1000;

struct JsonInfo final : TableFunctionInfo {
    explicit JsonInfo(ScanSources &sources) : sources(sources) {}
    ScanSources &sources;
};

struct JsonBind final : TableFunctionData {
    std::shared_ptr<const JsonScan> scan;
};

// Where each output column comes from.
struct OutputColumn {
    enum Kind { kField, kRescued, kMetadata, kNothing } kind;
    idx_t field = 0;  // Into the batch's columns.
};

struct JsonGlobal final : GlobalTableFunctionState {
    std::unique_ptr<extjson::Reader> reader;  // Null when there is nothing to read.
    duckdb::vector<OutputColumn> outputs;
    duckdb::vector<Value> metadata;  // One struct a file, when `_metadata` is asked for.
    idx_t threads = 1;
    uint64_t total_bytes = 0;

    idx_t MaxThreads() const override { return threads; }
};

struct JsonLocal final : LocalTableFunctionState {
    extjson::Reader::WorkerPtr worker;
    // What the last chunk points into; DuckDB is done with it when it asks for the next.
    std::shared_ptr<const extjson::ColumnBatch> batch;
};

Value MetadataOf(const JsonFile &file) {
    return FileMetadataValue(file.path, Value::BIGINT(file.size), Value::TIMESTAMPTZ(timestamp_tz_t(file.modified_us)));
}

unique_ptr<FunctionData> Bind(ClientContext &, TableFunctionBindInput &input, duckdb::vector<LogicalType> &types,
                              duckdb::vector<string> &names) {
    auto bind = make_uniq<JsonBind>();
    bind->scan = input.info->Cast<JsonInfo>().sources.FindJson(static_cast<uint64_t>(input.inputs[0].GetValue<int64_t>()));
    if (!bind->scan) throw InternalException("tarn_read_json: unknown handle");
    for (const Field &field : bind->scan->schema.fields) {
        auto type = ToLogicalType(field.type);
        if (!type) ThrowThroughDuckDB(type.error());
        names.push_back(field.name);
        types.push_back(*type);
    }
    // A relation without columns cannot be bound; files of empty arrays have none but this.
    if (!bind->scan->rescued_column.empty() || names.empty()) {
        names.push_back(bind->scan->rescued_column.empty() ? kRescuedColumn : bind->scan->rescued_column);
        types.push_back(LogicalType::VARCHAR);
    }
    return bind;
}

unique_ptr<GlobalTableFunctionState> InitGlobal(ClientContext &context, TableFunctionInitInput &input) {
    auto &scan = *input.bind_data->Cast<JsonBind>().scan;
    auto state = make_uniq<JsonGlobal>();
    auto options = scan.options;
    options.batch_rows = STANDARD_VECTOR_SIZE;
    options.rescue = false;
    options.projection.emplace();
    bool metadata = false;
    for (column_t id : input.column_ids) {
        if (id < scan.schema.fields.size()) {
            state->outputs.push_back({OutputColumn::kField, options.projection->size()});
            options.projection->push_back(id);
        } else if (id == scan.schema.fields.size()) {
            state->outputs.push_back({OutputColumn::kRescued, 0});
            options.rescue = true;
        } else if (id == kMetadataId) {
            state->outputs.push_back({OutputColumn::kMetadata, 0});
            metadata = true;
        } else {
            state->outputs.push_back({OutputColumn::kNothing, 0});
        }
    }
    std::vector<extjson::InputFile> files;
    for (const JsonFile &file : scan.files) {
        files.push_back(InputOf(file));
        state->total_bytes += static_cast<uint64_t>(file.size);
        if (metadata) state->metadata.push_back(MetadataOf(file));
    }
    if (files.empty() || scan.schema.fields.empty()) return state;
    state->threads = static_cast<idx_t>(TaskScheduler::GetScheduler(context).NumberOfThreads());
    auto reader = extjson::Reader::Open(std::move(files), scan.schema, std::move(options));
    if (!reader) ThrowThroughDuckDB(reader.error());
    state->reader = std::move(*reader);
    return state;
}

unique_ptr<LocalTableFunctionState> InitLocal(ExecutionContext &, TableFunctionInitInput &, GlobalTableFunctionState *global) {
    auto state = make_uniq<JsonLocal>();
    auto &reader = global->Cast<JsonGlobal>().reader;
    if (reader) state->worker = reader->NewWorker();
    return state;
}

ValidityMask MaskOf(const extjson::Column &column) {
    if (!column.has_nulls) return ValidityMask(column.length);
    // DuckDB's masks are the same words; it takes a mutable pointer but does not write through a scan's output.
    return ValidityMask(const_cast<validity_t *>(column.validity), column.length);
}

// Points `vector` at the column's arrays.
void Reference(Vector &vector, const extjson::Column &column) {
    vector.SetVectorType(VectorType::FLAT_VECTOR);
    FlatVector::SetValidity(vector, MaskOf(column));
    if (column.type.kind == TypeKind::kStruct) {
        auto &entries = StructVector::GetEntries(vector);
        for (idx_t i = 0; i < entries.size(); i++) Reference(*entries[i], column.children[i]);
        return;
    }
    FlatVector::SetData(vector, reinterpret_cast<data_ptr_t>(const_cast<std::byte *>(column.values)));
    if (column.type.kind == TypeKind::kArray || column.type.kind == TypeKind::kMap) {
        Reference(ListVector::GetEntry(vector), column.children[0]);
        ListVector::SetListSize(vector, column.children[0].length);
    }
}

void Scan(ClientContext &, TableFunctionInput &input, DataChunk &output) {
    auto &global = input.global_state->Cast<JsonGlobal>();
    auto &local = input.local_state->Cast<JsonLocal>();
    output.SetCardinality(0);
    if (!global.reader) return;
    local.batch.reset();
    auto next = global.reader->Next(*local.worker);
    if (!next) ThrowThroughDuckDB(next.error());
    if (!*next) return;
    local.batch = std::move(*next);
    for (idx_t i = 0; i < global.outputs.size(); i++) {
        Vector &vector = output.data[i];
        switch (global.outputs[i].kind) {
            case OutputColumn::kField: Reference(vector, local.batch->columns[global.outputs[i].field]); break;
            case OutputColumn::kRescued: Reference(vector, local.batch->rescued); break;
            case OutputColumn::kMetadata: vector.Reference(global.metadata[local.batch->file_index]); break;
            case OutputColumn::kNothing: vector.Reference(Value(vector.GetType())); break;
        }
    }
    output.SetCardinality(local.batch->row_count);
}

double Progress(ClientContext &, const FunctionData *, const GlobalTableFunctionState *state) {
    auto &global = state->Cast<JsonGlobal>();
    if (!global.reader || global.total_bytes == 0) return 100;
    return std::min(100.0, 100.0 * static_cast<double>(global.reader->bytes_read()) / static_cast<double>(global.total_bytes));
}

unique_ptr<NodeStatistics> Cardinality(ClientContext &, const FunctionData *bind) {
    idx_t bytes = 0;
    for (const JsonFile &file : bind->Cast<JsonBind>().scan->files) bytes += static_cast<idx_t>(file.size);
    return make_uniq<NodeStatistics>(bytes / 256);  // A document is a few hundred bytes.
}

virtual_column_map_t VirtualColumns(ClientContext &, optional_ptr<FunctionData>) {
    virtual_column_map_t columns;
    columns.emplace(kMetadataId, TableColumn(kMetadataColumn, FileMetadataType()));
    columns.emplace(COLUMN_IDENTIFIER_EMPTY, TableColumn("", LogicalType::BOOLEAN));
    return columns;
}

}  // namespace

void RegisterJsonScan(DatabaseInstance &db, ScanSources &sources) {
    sources.SetDatabase(db);
    ExtensionLoader loader(db, "tarn");
    TableFunction scan("tarn_read_json", {LogicalType::BIGINT}, Scan, Bind, InitGlobal, InitLocal);
    scan.projection_pushdown = true;
    scan.table_scan_progress = Progress;
    scan.cardinality = Cardinality;
    scan.get_virtual_columns = VirtualColumns;
    scan.function_info = make_shared_ptr<JsonInfo>(sources);
    loader.RegisterFunction(scan);
}

}  // namespace tarn::engine
