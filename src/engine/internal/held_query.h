// engine/internal/held_query.h: HeldRows as a DuckDB result, which the function `tarn_held(n)` reads.
#pragma once

#include "engine/held_rows.h"
#include "engine/internal/duckdb_headers.h"
#include "engine/internal/handles.h"

namespace tarn::engine {

struct SessionState;

// What `tarn_held(n)` reads by its number; both are another's.
struct HeldCollection {
    duckdb::ColumnDataCollection *rows = nullptr;
    duckdb::vector<std::string> names;
};
using HeldQueries = Handles<const HeldCollection *>;
// A FROM item.
inline std::string HeldText(const HeldQueries::Lease &held) { return "tarn_held(" + std::to_string(held.handle()) + ")"; }

class HeldQuery final : public HeldRows {
public:
    // `queries` is borrowed.
    HeldQuery(HeldQueries &queries, QuerySources sources, duckdb::unique_ptr<duckdb::MaterializedQueryResult> result);

    size_t bytes() const override { return result_->Collection().AllocationSize(); }
    const QuerySources &sources() const override { return sources_; }

    // A FROM item.
    std::string Text() const { return HeldText(lease_); }

private:
    QuerySources sources_;
    duckdb::unique_ptr<duckdb::MaterializedQueryResult> result_;
    HeldCollection collection_;
    HeldQueries::Lease lease_;
};

void RegisterHeldQueries(duckdb::DatabaseInstance &db, HeldQueries &queries);

}  // namespace tarn::engine
