// engine/internal/temporary_table.h: a DuckDB table for the rows of one statement. DuckDB spills it when it is large.
#pragma once

#include <memory>
#include <string>

#include "engine/internal/duck_run.h"
#include "engine/internal/state.h"

namespace tarn::engine {

// Dropped at the end of its scope. `session` is borrowed.
class TemporaryTable {
public:
    static Result<std::unique_ptr<TemporaryTable>> Create(SessionState &session, const std::string &query) {
        std::string name = session.TemporaryName();
        TARN_CHECK(RunToEnd(session.connection, "CREATE TEMPORARY TABLE " + name + " AS " + query));
        return std::unique_ptr<TemporaryTable>(new TemporaryTable(session, name));
    }
    ~TemporaryTable() { session_.connection.Query("DROP TABLE IF EXISTS " + name_); }
    TemporaryTable(const TemporaryTable &) = delete;
    TemporaryTable &operator=(const TemporaryTable &) = delete;

    const std::string &name() const { return name_; }

    // The single BIGINT of `SELECT <expression> FROM this <rest>`; 0 without a row.
    Result<int64_t> Count(const std::string &expression, const std::string &rest = "") {
        TARN_TRY(auto result, RunToEnd(session_.connection, "SELECT CAST(" + expression + " AS BIGINT) FROM " + name_ + " " + rest));
        if (result->RowCount() == 0 || result->GetValue(0, 0).IsNull()) return 0;
        return result->GetValue(0, 0).GetValue<int64_t>();
    }

private:
    TemporaryTable(SessionState &session, std::string name) : session_(session), name_(std::move(name)) {}
    SessionState &session_;
    std::string name_;
};

}  // namespace tarn::engine
