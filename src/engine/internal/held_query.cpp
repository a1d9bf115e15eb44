#include "engine/internal/held_query.h"

#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/parser/tableref/column_data_ref.hpp"

namespace tarn::engine {
namespace {

struct HeldInfo : duckdb::TableFunctionInfo {
    explicit HeldInfo(HeldQueries &found) : queries(found) {}
    HeldQueries &queries;
};

duckdb::unique_ptr<duckdb::TableRef> ReplaceByRows(duckdb::ClientContext &, duckdb::TableFunctionBindInput &input) {
    auto number = static_cast<uint64_t>(input.inputs[0].GetValue<int64_t>());
    const HeldCollection *held = input.info->Cast<HeldInfo>().queries.Find(number);
    if (held == nullptr) throw duckdb::BinderException("tarn_held(%llu) holds nothing", number);
    // The session that reads the rows holds them until it runs its next statement.
    return duckdb::make_uniq<duckdb::ColumnDataRef>(duckdb::optionally_owned_ptr<duckdb::ColumnDataCollection>(*held->rows), held->names);
}

}  // namespace

HeldQuery::HeldQuery(HeldQueries &queries, QuerySources sources, duckdb::unique_ptr<duckdb::MaterializedQueryResult> result)
    : sources_(std::move(sources)), result_(std::move(result)), collection_{&result_->Collection(), result_->names}, lease_(queries, &collection_) {}

void RegisterHeldQueries(duckdb::DatabaseInstance &db, HeldQueries &queries) {
    duckdb::TableFunction function("tarn_held", {duckdb::LogicalType::BIGINT}, nullptr);
    function.bind_replace = ReplaceByRows;
    function.function_info = duckdb::make_shared_ptr<HeldInfo>(queries);
    duckdb::ExtensionLoader(db, "tarn").RegisterFunction(function);
}

}  // namespace tarn::engine
