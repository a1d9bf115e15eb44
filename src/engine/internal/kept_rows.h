// engine/internal/kept_rows.h: the rows of one statement that are read more than once. DuckDB spills them when they are large.
//
// Threads: one session's statement; DuckDB's threads fill them and read them.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "engine/internal/duck_run.h"
#include "engine/internal/held_query.h"

namespace tarn::engine {

struct SessionState;

class KeptRows {
public:
    // Runs `query` to its end. `session` is borrowed.
    static Result<std::unique_ptr<KeptRows>> Of(SessionState &session, const std::string &query);

    // A FROM item, as long as the object lives.
    // A FROM item, called kept, as long as the object lives.
    std::string Text() const { return HeldText(held_) + " AS kept"; }
    // The single BIGINT of `SELECT <expression> FROM this <rest>`; 0 without a row.
    Result<int64_t> Count(const std::string &expression, const std::string &rest = "") const;

    // For the COPY that fills them.
    void Describe(duckdb::ClientContext &context, const duckdb::vector<std::string> &names, const duckdb::vector<duckdb::LogicalType> &types);
    void Take(duckdb::ColumnDataCollection &rows);

private:
    explicit KeptRows(SessionState &session);

    SessionState &session_;
    std::mutex mutex_;
    duckdb::unique_ptr<duckdb::ColumnDataCollection> rows_;
    HeldCollection collection_;
    HeldQueries::Lease held_;
};

// What `COPY … (FORMAT tarn_keep, HANDLE n)` fills.
using RowKeepers = Handles<KeptRows *>;
void RegisterKeepRows(duckdb::DatabaseInstance &db, RowKeepers &keepers);

}  // namespace tarn::engine
