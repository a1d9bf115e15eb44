// system.ai.usage and system.ai.cache: what models were asked, as tables that can only be read.
#include "engine/internal/ai_functions.h"
#include "engine/internal/duck_error.h"

#include "duckdb/main/extension/extension_loader.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

struct AiTableInfo final : TableFunctionInfo {
    explicit AiTableInfo(ai::Service &service) : service(service) {}
    ai::Service &service;
};

struct AiTableBind final : TableFunctionData {
    ai::Service *service = nullptr;
};

struct Position final : GlobalTableFunctionState {
    int64_t after = 0;
};

Value Time(int64_t ms) { return Value::TIMESTAMPTZ(timestamp_tz_t(ms * 1000)); }
Value Optional(const std::string &text) { return text.empty() ? Value(LogicalType::VARCHAR) : Value(text); }

struct UsageTable {
    static constexpr const char *kName = "tarn_ai_usage";
    static vector<std::pair<const char *, LogicalType>> Columns() {
        return {{"time", LogicalType::TIMESTAMP_TZ}, {"function", LogicalType::VARCHAR}, {"endpoint", LogicalType::VARCHAR}, {"model", LogicalType::VARCHAR},
                {"calls", LogicalType::BIGINT}, {"tokens_in", LogicalType::BIGINT}, {"tokens_out", LogicalType::BIGINT}, {"cached", LogicalType::BOOLEAN},
                {"cost_usd", LogicalType::DECIMAL(18, 9)}, {"latency_ms", LogicalType::BIGINT}, {"caller", LogicalType::VARCHAR}, {"error", LogicalType::VARCHAR}};
    }
    static Result<std::vector<ai::UsageRow>> Read(ai::Service &service, int64_t &after) { return service.ReadUsage(after, STANDARD_VECTOR_SIZE); }
    static vector<Value> Cells(const ai::UsageRow &row) {
        return {Time(row.at_ms), Value(row.function), Value(row.endpoint), Value(row.model), Value::BIGINT(row.calls), Value::BIGINT(row.tokens_in),
                Value::BIGINT(row.tokens_out), Value::BOOLEAN(row.cached), Value::DECIMAL(row.cost_nano_usd, 18, 9), Value::BIGINT(row.latency_ms), Value(row.caller), Optional(row.error)};
    }
};

struct CacheTable {
    static constexpr const char *kName = "tarn_ai_cache";
    static vector<std::pair<const char *, LogicalType>> Columns() {
        return {{"time", LogicalType::TIMESTAMP_TZ}, {"key", LogicalType::VARCHAR}, {"kind", LogicalType::VARCHAR}, {"function", LogicalType::VARCHAR},
                {"model", LogicalType::VARCHAR}, {"prompt_version", LogicalType::VARCHAR}, {"parameters", LogicalType::VARCHAR}, {"input", LogicalType::VARCHAR},
                {"answer", LogicalType::VARCHAR}, {"tokens_in", LogicalType::BIGINT}, {"tokens_out", LogicalType::BIGINT}, {"cost_usd", LogicalType::DECIMAL(18, 9)}};
    }
    static Result<std::vector<ai::CacheRow>> Read(ai::Service &service, int64_t &after) { return service.ReadCache(after, STANDARD_VECTOR_SIZE); }
    static vector<Value> Cells(const ai::CacheRow &row) {
        return {Time(row.created_at_ms), Value(row.key), Value(row.kind), Value(row.function), Value(row.model), Value(row.prompt_version), Optional(row.parameters),
                Value(row.input), Value(row.answer), Value::BIGINT(row.tokens_in), Value::BIGINT(row.tokens_out), Value::DECIMAL(row.cost_nano_usd, 18, 9)};
    }
};

template <class Table>
unique_ptr<FunctionData> Bind(ClientContext &, TableFunctionBindInput &input, vector<LogicalType> &types, vector<string> &names) {
    for (auto &[name, type] : Table::Columns()) {
        names.emplace_back(name);
        types.push_back(type);
    }
    auto bind = make_uniq<AiTableBind>();
    bind->service = &input.info->Cast<AiTableInfo>().service;
    return bind;
}

unique_ptr<GlobalTableFunctionState> Start(ClientContext &, TableFunctionInitInput &) { return make_uniq<Position>(); }

template <class Table>
void Scan(ClientContext &, TableFunctionInput &input, DataChunk &output) {
    auto rows = Table::Read(*input.bind_data->Cast<AiTableBind>().service, input.global_state->Cast<Position>().after);
    if (!rows) ThrowThroughDuckDB(rows.error());
    for (idx_t row = 0; row < rows->size(); row++) {
        vector<Value> cells = Table::Cells((*rows)[row]);
        for (idx_t i = 0; i < cells.size(); i++) output.SetValue(i, row, cells[i]);
    }
    output.SetCardinality(rows->size());
}

template <class Table>
void Register(ExtensionLoader &loader, ai::Service &service) {
    TableFunction table(Table::kName, {}, Scan<Table>, Bind<Table>, Start);
    table.function_info = make_shared_ptr<AiTableInfo>(service);
    loader.RegisterFunction(table);
}

}  // namespace

void RegisterAiTables(DatabaseInstance &db, ai::Service &service) {
    ExtensionLoader loader(db, "tarn");
    Register<UsageTable>(loader, service);
    Register<CacheTable>(loader, service);
}

std::string AiTable(const std::string &catalog, const std::string &schema, const std::string &table) {
    if (!EqualsIgnoreCase(catalog, "system") || !EqualsIgnoreCase(schema, "ai")) return "";
    if (EqualsIgnoreCase(table, "usage")) return "tarn_ai_usage()";
    if (EqualsIgnoreCase(table, "cache")) return "tarn_ai_cache()";
    return "";
}

}  // namespace tarn::engine
