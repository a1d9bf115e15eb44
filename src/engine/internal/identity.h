// engine/internal/identity.h: values for identity columns, and how a rule that a row breaks fails the statement.
//
// tarn_identity(handle) is the next value of the counter that the handle names; every call gives another one, whatever
// thread asks. tarn_fail(message) fails the statement; `message` is "[CLASS] text".
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "engine/internal/duckdb_headers.h"
#include "engine/internal/handles.h"

namespace tarn::engine {

// first, first + step, first + 2 * step, … Threads: any.
class IdentityCounter {
public:
    IdentityCounter(int64_t first, int64_t step) : first_(first), step_(step) {}

    // Fills `count` values. false: they are beyond BIGINT.
    bool Take(int64_t *values, size_t count);
    // The value given last; nullopt when none was.
    std::optional<int64_t> Last() const;

private:
    const int64_t first_, step_;
    std::atomic<int64_t> taken_ = 0;
};

using IdentityCounters = Handles<std::shared_ptr<IdentityCounter>>;

// Both functions. `counters` is borrowed and must outlive the database.
void RegisterWriteFunctions(duckdb::DatabaseInstance &db, IdentityCounters &counters);

}  // namespace tarn::engine
