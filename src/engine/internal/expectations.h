// engine/internal/expectations.h: data quality rules counted in the same pass that writes the rows.
//
// tarn_expect(handle, cond1, cond2, …) is TRUE for a row to keep. It counts every row and every condition; a row that
// breaks an ON VIOLATION FAIL UPDATE rule fails the statement. A NULL condition is broken.
// tarn_key(handle, hash) is TRUE for every row and gives the hash of its key to the same counter's KeyCheck.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/flow.h"
#include "engine/internal/duckdb_headers.h"
#include "engine/internal/handles.h"
#include "engine/internal/key_check.h"

namespace tarn::engine {

class ExpectationCounter {
public:
    explicit ExpectationCounter(std::vector<sql::Expectation> rules) : rules_(std::move(rules)), passed_(rules_.size()) {}

    const std::vector<sql::Expectation> &rules() const { return rules_; }
    // Adds a batch's counts. Threads: any.
    void Add(int64_t rows, int64_t dropped, const std::vector<int64_t> &passed);
    int64_t rows() const { return rows_; }
    int64_t dropped() const { return dropped_; }
    std::vector<ExpectationCount> Counts() const;
    KeyCheck &keys() { return keys_; }

private:
    std::vector<sql::Expectation> rules_;
    std::atomic<int64_t> rows_ = 0, dropped_ = 0;
    std::vector<std::atomic<int64_t>> passed_;
    KeyCheck keys_;
};

using ExpectationCounters = Handles<std::shared_ptr<ExpectationCounter>>;

// Both functions. `counters` is borrowed and must outlive the database.
void RegisterExpectations(duckdb::DatabaseInstance &db, ExpectationCounters &counters);

}  // namespace tarn::engine
