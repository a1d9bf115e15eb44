#include "engine/internal/duck_run.h"

#include <chrono>
#include <thread>

#include "engine/internal/duck_error.h"

namespace tarn::engine {
namespace {

// DuckDB's own WaitForTask returns at once unless a task is blocked, so waiting is up to us. Short against any task, long
// against a poll.
constexpr auto kPause = std::chrono::microseconds(50);
constexpr int kPollsBeforePause = 4;

}  // namespace

Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> RunToEnd(duckdb::Connection &connection, const std::string &sql) {
    using duckdb::PendingExecutionResult;
    return Guard([&]() -> Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> {
        auto pending = connection.PendingQuery(sql, false);
        if (pending->HasError()) return Fail(FromDuckError(pending->GetErrorObject()));
        for (int idle = 0;;) {
            PendingExecutionResult state = pending->ExecuteTask();
            if (duckdb::PendingQueryResult::IsResultReady(state)) break;
            if (state == PendingExecutionResult::RESULT_NOT_READY) {
                idle = 0;
            } else if (++idle > kPollsBeforePause) {
                std::this_thread::sleep_for(kPause);
            }
        }
        if (pending->HasError()) return Fail(FromDuckError(pending->GetErrorObject()));
        auto result = pending->Execute();
        if (result->HasError()) return Fail(FromDuckError(result->GetErrorObject()));
        return duckdb::unique_ptr_cast<duckdb::QueryResult, duckdb::MaterializedQueryResult>(std::move(result));
    });
}

}  // namespace tarn::engine
