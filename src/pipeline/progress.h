// pipeline/progress.h: what a streaming flow has taken in, written down batch by batch.
//
// Before batch N runs, its state goes to FOLDER/N.json; the target's commit then carries txn(flow, N). So the newest
// state that counts is the one the table names: a state without its commit is written over, a commit never lacks one.
// Each state is whole (all files and versions so far); the one before is kept, older ones are removed.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/flow.h"

namespace tarn::pipeline {

struct FlowState {
    std::map<std::string, std::vector<engine::SourceFile>> files;  // By stream key: every file taken in.
    std::map<std::string, DataType> schemas;                       // By stream key: the files' columns so far.
    std::map<std::string, int64_t> versions;                       // By table name: taken in up to here,
    std::map<std::string, std::string> ids;                        //   of the table with this id.
    std::string fingerprint;                                       // Of a materialized view: what it was computed from.
};

// Held by one thread of one process at a time; given up when the process dies.
class FileLock {
public:
    // Waits for it. The file is made, and stays.
    static Result<FileLock> Take(const std::filesystem::path &path);
    FileLock(FileLock &&other) noexcept : file_(std::exchange(other.file_, -1)) {}
    FileLock &operator=(FileLock &&) = delete;
    ~FileLock();

private:
    explicit FileLock(int file) : file_(file) {}
    int file_;
};

class ProgressStore {
public:
    explicit ProgressStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // Errors: kCorrupt when the file is missing or unreadable, though the table says the batch was committed.
    Result<FlowState> Load(int64_t batch) const;
    // Survives a power failure once it returns.
    Result<void> Save(int64_t batch, const FlowState &state) const;
    // Forgets everything (full refresh).
    Result<void> Clear() const;

private:
    std::filesystem::path PathOf(int64_t batch) const;
    std::filesystem::path folder_;
};

}  // namespace tarn::pipeline
