#include "engine/engine.h"

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <unistd.h>

#include "engine/internal/ai_functions.h"
#include "engine/internal/curves.h"
#include "engine/internal/char_columns.h"
#include "engine/internal/delta_scan.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/forecast_functions.h"
#include "engine/internal/json_path.h"
#include "engine/internal/json_scan.h"
#include "engine/internal/object_file_system.h"
#include "engine/internal/parquet_copy.h"
#include "engine/internal/raise.h"
#include "engine/internal/root_settings.h"
#include "engine/internal/secret_functions.h"
#include "engine/internal/state.h"
#include "engine/internal/type_name.h"
#include "engine/internal/utc_casts.h"
#include "engine/internal/watched_file_system.h"
#include "engine/session.h"

namespace tarn::engine {
namespace {

std::string MemoryLimit(const EngineOptions &options) {
    if (!options.memory_limit.empty()) return options.memory_limit;
    if (const char *set = std::getenv("TARN_MEMORY_LIMIT"); set && *set) return set;
    int64_t bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE) / 2;
    return std::to_string(bytes / (1024 * 1024)) + "MiB";
}

int Threads(const EngineOptions &options) {
    return options.threads > 0 ? options.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// The limit is the whole process's, since whoever sets it looks at it from outside: DuckDB's pool gets what is left beside the
// program itself and what readers and writers of Parquet hold of their own (bench/merge.py, its last part).
duckdb::idx_t PoolLimit(const EngineOptions &options) {
    constexpr duckdb::idx_t kProgram = duckdb::idx_t{64} << 20, kThread = kParquetWriteBytes + (duckdb::idx_t{4} << 20);
    duckdb::idx_t limit = duckdb::DBConfig::ParseMemoryLimit(MemoryLimit(options));
    duckdb::idx_t reserve = kProgram + kThread * static_cast<duckdb::idx_t>(Threads(options));
    return std::max(limit - std::min(limit, reserve), limit / 2);  // Below twice the reserve some of it has to do for both.
}

// One process's spill folder, so that two processes on one root never share files.
std::filesystem::path SpillFolder(const std::filesystem::path &root) { return root / "tmp" / std::to_string(getpid()); }

Result<std::unique_ptr<duckdb::DuckDB>> OpenDuckDB(const EngineOptions &options, const std::filesystem::path &root) {
    return Guard([&]() -> Result<std::unique_ptr<duckdb::DuckDB>> {
        // DuckDB makes the last folder of the path only, and only when it first spills. Made empty here, the process's own
        // folder also keeps another process that ends from removing the common one.
        std::error_code ignored;
        std::filesystem::create_directories(SpillFolder(root), ignored);
        duckdb::DBConfig config;
        RegisterUtcCasts(config);
        RegisterCharColumns(config);
        duckdb::idx_t pool = PoolLimit(options);
        config.SetOptionByName("memory_limit", duckdb::Value(std::to_string(pool) + "B"));
        // What was evicted goes back to the system this often. By default it stays with the allocator up to 512 MB, beyond any limit.
        config.SetOptionByName("allocator_bulk_deallocation_flush_threshold",
                               duckdb::Value(std::to_string(std::min(pool / 96, duckdb::idx_t{512} << 20)) + "B"));
        config.SetOptionByName("temp_directory", duckdb::Value(SpillFolder(root).string()));
        config.SetOptionByName("preserve_insertion_order", duckdb::Value::BOOLEAN(false));
        config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
        config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
        if (options.threads > 0) config.SetOptionByName("threads", duckdb::Value::BIGINT(options.threads));
        return std::make_unique<duckdb::DuckDB>(nullptr, &config);
    });
}

// Where an AI endpoint's key comes from.
ai::Service::KeySource KeysOf(secrets::SecretStore &store) {
    return [&store](const std::string &scope, const std::string &key) -> Result<std::string> {
        TARN_TRY(std::optional<std::string> value, store.Get(scope, key));
        if (value) return *value;
        Error error = MakeError(ErrorKind::kNotFound, "RESOURCE_DOES_NOT_EXIST", "The secret " + scope + "/" + key + ", which an AI endpoint in tarn.yml names as its key, does not exist.");
        error.remedy = "Put it: tarn secret create-scope " + scope + "; tarn secret put " + scope + " " + key;
        return Fail(std::move(error));
    };
}

}  // namespace

Engine::Engine(std::unique_ptr<EngineState> state) : state_(std::move(state)) {}

Engine::~Engine() {
    state_->tables.reset();  // Writes the checkpoints that are due.
    state_->db.reset();
    RemoveSpilled();
}

void Engine::Abandon(std::unique_ptr<Engine> engine) {
    engine->state_->tables->FinishCheckpoints();
    engine->RemoveSpilled();
    static_cast<void>(engine.release());
}

void Engine::RemoveSpilled() {
    std::filesystem::path spill = SpillFolder(state_->root);
    std::error_code ignored;
    std::filesystem::remove_all(spill, ignored);
    std::filesystem::remove(spill.parent_path(), ignored);  // Only when no other process spills there.
}

Result<std::unique_ptr<Engine>> Engine::Open(const EngineOptions &options) {
    auto state = std::make_unique<EngineState>();
    std::error_code failed;
    state->root = std::filesystem::absolute(options.root, failed).lexically_normal();
    if (failed || options.root.empty()) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The root folder must not be empty.");
    }
    TARN_TRY(RootSettings settings, ReadRootSettings(state->root));
    state->warehouse = std::move(settings.warehouse);
    storage::ConfigureS3(settings.s3);
    TARN_TRY(state->catalog, catalog::Catalog::Open(state->root));
    state->secrets = std::make_unique<secrets::SecretStore>(state->root);
    state->ai = std::make_unique<ai::Service>(state->root, std::move(settings.ai), KeysOf(*state->secrets));
    TARN_TRY(state->db, OpenDuckDB(options, state->root));
    auto registered = Guard([&]() -> Result<void> {
        RegisterParquetCopy(*state->db->instance);
        RegisterObjectFileSystem(*state->db->instance);
        RegisterWatchedFileSystem(*state->db->instance);
        RegisterDeltaScan(*state->db->instance, state->sources);
        RegisterJsonScan(*state->db->instance, state->sources);
        RegisterForecastFunctions(*state->db->instance);
        RegisterExpectations(*state->db->instance, state->expectations);
        RegisterTakeFiles(*state->db->instance, state->file_takers);
        RegisterRowMarks(*state->db->instance, state->markers, state->counters);
        RegisterCurves(*state->db->instance);
        RegisterRaise(*state->db->instance);
        RegisterTypeName(*state->db->instance);
        RegisterCharFunction(*state->db->instance);
        RegisterHeldQueries(*state->db->instance, state->held_queries);
        RegisterKeepRows(*state->db->instance, state->row_keepers);
        RegisterJsonPath(*state->db->instance);
        RegisterGiveFiles(*state->db->instance, state->file_givers);
        RegisterWriteFunctions(*state->db->instance, state->identities);
        RegisterAiFunctions(*state->db->instance, state->ai_statements);
        RegisterAiTables(*state->db->instance, *state->ai);
        RegisterSecretFunctions(*state->db->instance, *state->secrets);
        return {};
    });
    TARN_CHECK(registered);
    state->tables = std::make_unique<TableCache>(*state->db, state->file_takers, state->file_givers, *state->catalog);
    return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

std::unique_ptr<Session> Engine::NewSession() { return std::make_unique<Session>(*state_); }
catalog::Catalog &Engine::catalog() { return *state_->catalog; }
const std::filesystem::path &Engine::root() const { return state_->root; }

}  // namespace tarn::engine
