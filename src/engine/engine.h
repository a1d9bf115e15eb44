// engine/engine.h: one root folder, opened: its metastore, its Delta tables, and DuckDB to run statements in.
//
// Layout of a root: metastore.db, warehouse/<catalog>/<schema>/<table> (Delta; may lie elsewhere), checkpoints/ (what
// streaming flows have taken in), tmp/ (spilled data, removed at exit), tarn.yml (settings, if any).
// Threads: an Engine is shared; each thread that runs statements takes a Session of its own.
// Cost: Open takes about 30 ms, nearly all of it DuckDB's own start.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "catalog/catalog.h"

namespace tarn::engine {

class Session;
struct EngineState;

struct EngineOptions {
    std::filesystem::path root;
    // Of the whole process, "4GB"; empty: TARN_MEMORY_LIMIT from the environment, or half of the machine's memory. From about
    // 200 MB on it holds: statements spill, and give up with OUT_OF_MEMORY when that does not do.
    std::string memory_limit;
    int threads = 0;           // 0: as many as there are cores.
};

class Engine {
public:
    // Creates the root when it does not exist. Errors: IO_ERROR; INVALID_PARAMETER_VALUE for what tarn.yml says.
    static Result<std::unique_ptr<Engine>> Open(const EngineOptions &options);
    ~Engine();
    // For a process that is about to end: removes what ~Engine would remove from disk, but leaves memory to the kernel, which
    // gives it back at once instead of piece by piece. No session may be running a statement.
    static void Abandon(std::unique_ptr<Engine> engine);

    // The Engine must outlive its sessions.
    std::unique_ptr<Session> NewSession();
    catalog::Catalog &catalog();
    const std::filesystem::path &root() const;

private:
    explicit Engine(std::unique_ptr<EngineState> state);
    void RemoveSpilled();
    std::unique_ptr<EngineState> state_;
};

}  // namespace tarn::engine
