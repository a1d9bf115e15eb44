// engine/internal/atomic_block.h: BEGIN ATOMIC … END, several statements over several catalog-managed tables as one change.
//
// Every statement of the block sees the tables as they were when the block began, and what earlier statements of the block
// did to them. Their commits are staged; at the end the metastore ratifies all of them in one transaction of its own, or, when
// another writer has meanwhile committed to a table that the block changes, none.
// Threads: one at a time. Specification: PROTOCOL.md, "Catalog-managed tables".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "delta/transaction.h"

namespace tarn::engine {

struct EngineState;

class AtomicBlock {
public:
    static Result<std::unique_ptr<AtomicBlock>> Begin(EngineState &engine);
    // Without Finish, forgets what was staged.
    ~AtomicBlock();
    AtomicBlock(const AtomicBlock &) = delete;
    AtomicBlock &operator=(const AtomicBlock &) = delete;

    // The table as the block sees it.
    Result<delta::SnapshotPtr> SnapshotOf(const std::string &location);
    // Whether the block may change the table.
    bool Manages(const std::string &location) const { return versions_.contains(location); }
    // Takes a statement's change in. `files` are the data files that it wrote.
    Result<delta::CommitResult> Stage(const std::string &location, delta::Transaction &transaction,
                                      const delta::CommitDetails &details, std::vector<delta::AddFile> files);
    // Errors: kConflict [DELTA_CONCURRENT_WRITE]; nothing of the block has happened then.
    Result<void> Finish();

private:
    AtomicBlock(EngineState &engine, std::map<std::string, int64_t> versions) : engine_(engine), versions_(std::move(versions)) {}

    struct Table {
        delta::SnapshotPtr snapshot;
        std::vector<std::string> staged;  // Files in _staged_commits; the last is snapshot's version.
        std::vector<delta::AddFile> files;
    };

    EngineState &engine_;
    std::map<std::string, int64_t> versions_;  // Of every managed table when the block began.
    std::map<std::string, Table> tables_;      // Those that it has read, by location.
    bool finished_ = false;
};

}  // namespace tarn::engine
