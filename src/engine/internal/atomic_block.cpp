#include "engine/internal/atomic_block.h"

#include "delta/coordinator.h"
#include "engine/internal/coordinator.h"
#include "engine/internal/state.h"
#include "engine/internal/statements.h"

namespace tarn::engine {

Result<std::unique_ptr<AtomicBlock>> AtomicBlock::Begin(EngineState &engine) {
    TARN_TRY(auto versions, engine.catalog->ManagedVersions());
    return std::unique_ptr<AtomicBlock>(new AtomicBlock(engine, std::move(versions)));
}

AtomicBlock::~AtomicBlock() {
    if (finished_) return;
    for (auto &[location, table] : tables_) {
        auto store = storage::StoreFor(location);
        if (!store) continue;
        delta::Log log(**store, location);
        for (const std::string &file : table.staged) delta::DiscardStagedCommit(log, file);
        DiscardFiles(location, table.files);
    }
}

Result<delta::SnapshotPtr> AtomicBlock::SnapshotOf(const std::string &location) {
    auto known = tables_.find(location);
    if (known != tables_.end()) return known->second.snapshot;
    std::optional<int64_t> version;
    if (auto managed = versions_.find(location); managed != versions_.end()) version = managed->second;
    TARN_TRY(delta::SnapshotPtr snapshot, engine_.tables->Load(location, version));
    tables_[location].snapshot = snapshot;
    return snapshot;
}

Result<delta::CommitResult> AtomicBlock::Stage(const std::string &location, delta::Transaction &transaction,
                                               const delta::CommitDetails &details, std::vector<delta::AddFile> files) {
    Table &table = tables_.at(location);
    TARN_TRY(delta::StagedChange staged, transaction.Stage(details));
    table.staged.push_back(staged.file);
    table.files.insert(table.files.end(), std::make_move_iterator(files.begin()), std::make_move_iterator(files.end()));
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
    TARN_TRY(table.snapshot, delta::ExtendSnapshot(*store, table.snapshot, staged.text));
    return delta::CommitResult{staged.version, 0, table.snapshot->timestamp_ms};
}

Result<void> AtomicBlock::Finish() {
    std::vector<catalog::StagedCommit> commits;
    std::string changed;
    for (auto &[location, table] : tables_) {
        int64_t version = table.snapshot->version - static_cast<int64_t>(table.staged.size());
        for (const std::string &file : table.staged) commits.push_back({location, ++version, file});
        if (!table.staged.empty()) changed += (changed.empty() ? "" : ", ") + location;
    }
    // An answer that does not come may stand for a change that was made: from here on nothing may be removed.
    finished_ = true;
    bool ratified = true;
    if (!commits.empty()) { TARN_TRY(ratified, engine_.catalog->Ratify(commits)); }
    finished_ = ratified;
    if (!ratified) {
        Error error = MakeError(ErrorKind::kConflict, "DELTA_CONCURRENT_WRITE",
                                "Another writer committed to one of the tables that BEGIN ATOMIC changes (" + changed +
                                    ") since the block began. Nothing of the block has happened.");
        error.remedy = "Run it again.";
        return Fail(std::move(error));
    }
    // The change stands. Whoever looks at a table next publishes what is not published here.
    MetastoreCoordinator coordinator(*engine_.catalog);
    for (auto &[location, table] : tables_) {
        auto store = table.staged.empty() ? Result<storage::ObjectStore *>(nullptr) : storage::StoreFor(location);
        if (store && *store) (void)delta::PublishCommits(delta::Log(**store, location), coordinator);
    }
    return {};
}

namespace {

template <class T>
constexpr bool kMayStandInBlock = std::is_same_v<T, sql::QueryStatement> || std::is_same_v<T, sql::Insert> || std::is_same_v<T, sql::Update> ||
                                  std::is_same_v<T, sql::Delete> || std::is_same_v<T, sql::Merge> || std::is_same_v<T, sql::Truncate> ||
                                  std::is_same_v<T, sql::CopyInto>;

Result<ResultPtr> ExecuteWithin(SessionState &session, const sql::Statement &statement) {
    return std::visit(
        [&]<class T>(const T &node) -> Result<ResultPtr> {
            if constexpr (kMayStandInBlock<T>) {
                return Execute(session, node);
            } else {
                Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                                        "BEGIN ATOMIC … END takes queries, INSERT, UPDATE, DELETE, MERGE, TRUNCATE and COPY INTO only.");
                error.position = statement.position;
                return Fail(std::move(error));
            }
        },
        statement.node);
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::AtomicBlock &statement) {
    TARN_TRY(session.atomic, AtomicBlock::Begin(session.engine));
    // Whatever happens, the session goes on without the block; a block that did not finish takes its traces with it.
    struct Leave {
        SessionState &session;
        ~Leave() { session.atomic.reset(); }
    } leave{session};
    ResultPtr last = NoRows();
    for (auto &inner : statement.statements) { TARN_TRY(last, ExecuteWithin(session, *inner)); }
    TARN_CHECK(session.atomic->Finish());
    return last;
}

}  // namespace tarn::engine
