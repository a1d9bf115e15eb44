#include "engine/internal/kept_rows.h"

#include "engine/internal/state.h"

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/function/copy_function.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/storage/buffer_manager.hpp"

namespace tarn::engine {
namespace {

struct KeepInfo : duckdb::CopyFunctionInfo {
    explicit KeepInfo(RowKeepers &found) : keepers(found) {}
    RowKeepers &keepers;
};

struct KeepBind final : duckdb::FunctionData {
    KeptRows *keeper = nullptr;
    duckdb::vector<duckdb::LogicalType> types;

    duckdb::unique_ptr<duckdb::FunctionData> Copy() const override { return duckdb::make_uniq<KeepBind>(*this); }
    bool Equals(const duckdb::FunctionData &other) const override { return keeper == other.Cast<KeepBind>().keeper; }
};

// One thread's rows.
struct KeepLocal final : duckdb::LocalFunctionData {
    KeepLocal(duckdb::ClientContext &context, const duckdb::vector<duckdb::LogicalType> &types)
        : rows(duckdb::BufferManager::GetBufferManager(context), types) {
        rows.InitializeAppend(append);
    }
    duckdb::ColumnDataCollection rows;
    duckdb::ColumnDataAppendState append;
};

duckdb::unique_ptr<duckdb::FunctionData> BindKeep(duckdb::ClientContext &context, duckdb::CopyFunctionBindInput &input,
                                                  const duckdb::vector<std::string> &names, const duckdb::vector<duckdb::LogicalType> &types) {
    auto bind = duckdb::make_uniq<KeepBind>();
    auto number = static_cast<uint64_t>(input.info.options.at("handle").at(0).GetValue<int64_t>());
    bind->keeper = input.function_info->Cast<KeepInfo>().keepers.Find(number);
    if (!bind->keeper) throw duckdb::BinderException("tarn_keep: nothing of number %llu", number);
    bind->types = types;
    bind->keeper->Describe(context, names, types);
    return bind;
}

}  // namespace

KeptRows::KeptRows(SessionState &session) : session_(session), held_(session.engine.held_queries, &collection_) {}

Result<std::unique_ptr<KeptRows>> KeptRows::Of(SessionState &session, const std::string &query) {
    std::unique_ptr<KeptRows> kept(new KeptRows(session));
    RowKeepers::Lease keeper(session.engine.row_keepers, kept.get());
    // COPY wants a name for a file; there is none.
    TARN_CHECK(RunToEnd(session.connection, "COPY (" + query + ") TO 'tarn_keep' (FORMAT tarn_keep, HANDLE " +
                                                std::to_string(keeper.handle()) + ", USE_TMP_FILE false)"));
    return kept;
}

Result<int64_t> KeptRows::Count(const std::string &expression, const std::string &rest) const {
    TARN_TRY(auto result, RunToEnd(session_.connection, "SELECT CAST(" + expression + " AS BIGINT) FROM " + Text() + " " + rest));
    if (result->RowCount() == 0 || result->GetValue(0, 0).IsNull()) return 0;
    return result->GetValue(0, 0).GetValue<int64_t>();
}

void KeptRows::Describe(duckdb::ClientContext &context, const duckdb::vector<std::string> &names, const duckdb::vector<duckdb::LogicalType> &types) {
    rows_ = duckdb::make_uniq<duckdb::ColumnDataCollection>(duckdb::BufferManager::GetBufferManager(context), types);
    collection_ = {rows_.get(), names};
}

void KeptRows::Take(duckdb::ColumnDataCollection &rows) {
    std::lock_guard lock(mutex_);
    rows_->Combine(rows);
}

void RegisterKeepRows(duckdb::DatabaseInstance &db, RowKeepers &keepers) {
    using namespace duckdb;
    CopyFunction function("tarn_keep");
    function.function_info = make_shared_ptr<KeepInfo>(keepers);
    function.copy_to_bind = BindKeep;
    function.copy_to_initialize_global = [](ClientContext &, FunctionData &, const string &) { return make_uniq<GlobalFunctionData>(); };
    function.copy_to_initialize_local = [](ExecutionContext &context, FunctionData &bind) -> unique_ptr<LocalFunctionData> {
        return make_uniq<KeepLocal>(context.client, bind.Cast<KeepBind>().types);
    };
    function.copy_to_sink = [](ExecutionContext &, FunctionData &, GlobalFunctionData &, LocalFunctionData &local, DataChunk &chunk) {
        auto &keep = local.Cast<KeepLocal>();
        keep.rows.Append(keep.append, chunk);
    };
    function.copy_to_combine = [](ExecutionContext &, FunctionData &bind, GlobalFunctionData &, LocalFunctionData &local) {
        bind.Cast<KeepBind>().keeper->Take(local.Cast<KeepLocal>().rows);
    };
    function.copy_to_finalize = [](ClientContext &, FunctionData &, GlobalFunctionData &) {};
    function.execution_mode = [](bool preserve_insertion_order, bool) {
        return preserve_insertion_order ? CopyFunctionExecutionMode::REGULAR_COPY_TO_FILE : CopyFunctionExecutionMode::PARALLEL_COPY_TO_FILE;
    };
    ExtensionLoader(db, "tarn").RegisterFunction(function);
}

}  // namespace tarn::engine
