#include "delta/transaction.h"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "delta/internal/committer.h"
#include "delta/internal/row_masks.h"
#include "delta/schema.h"
#include "delta/stats.h"
#include "storage/path.h"

namespace tarn::delta {

Transaction::Transaction(storage::ObjectStore &store, SnapshotPtr snapshot, TransactionOptions options)
    : store_(store), table_root_(snapshot->table_root), snapshot_(std::move(snapshot)), options_(std::move(options)),
      masks_(std::make_unique<RowMasks>()) {
    if (!options_.now_ms) options_.now_ms = NowMs;
    if (!options_.new_uuid) options_.new_uuid = NewUuid;
    if (!options_.sleep) {
        options_.sleep = [](int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
    }
}

Transaction::Transaction(storage::ObjectStore &store, std::string table_root, NewTable table,
                         TransactionOptions options)
    : Transaction(store, std::make_shared<const Snapshot>(Snapshot{.table_root = std::move(table_root)}),
                  std::move(options)) {
    snapshot_.reset();
    actions_.push_back(std::move(table.protocol));
    actions_.push_back(std::move(table.metadata));
}

Transaction::~Transaction() = default;
Transaction::Transaction(Transaction &&) noexcept = default;

void Transaction::ReadTable() { reads_.table = true; }

void Transaction::ReadFile(const AddFile &file) {
    reads_.files.insert(storage::ActionPathKey(table_root_, file.path));
}

void Transaction::ReadMatching(std::function<bool(const AddFile &)> might_match) {
    reads_.predicates.push_back(std::move(might_match));
}

void Transaction::ReadNewRows(std::function<bool(const std::vector<AddFile> &)> matches) {
    reads_.new_rows.push_back(std::move(matches));
}

void Transaction::ReadRows(const AddFile &file, DeletionVector rows) { masks_->Read(table_root_, file, std::move(rows)); }

void Transaction::MaskRows(const AddFile &file, DeletionVector rows, std::shared_ptr<const DeletionVector> before) {
    masks_->Mask(table_root_, file, std::move(rows), std::move(before));
}

void Transaction::ReadApplication(std::string app_id) { reads_.applications.insert(std::move(app_id)); }

void Transaction::Add(AddFile file) {
    new_files_.push_back(file.path);
    actions_.push_back(std::move(file));
}

void Transaction::Remove(const AddFile &file, bool data_change) {
    actions_.push_back(ToRemove(file, options_.now_ms(), data_change));
}

void Transaction::ReplaceVector(const AddFile &file, DeletionVectorDescriptor vector, std::string stats) {
    ReadFile(file);
    Remove(file);
    AddFile masked = file;
    masked.deletion_vector = std::move(vector);
    masked.stats = WithWideBounds(stats);
    masked.data_change = true;
    actions_.push_back(std::move(masked));
}

void Transaction::SetMetadata(Metadata metadata) {
    metadata.schema_string = SchemaToJson(metadata.schema);
    std::erase_if(actions_, [](const Action &action) { return std::holds_alternative<Metadata>(action); });
    actions_.push_back(std::move(metadata));
}

void Transaction::SetProtocol(Protocol protocol) {
    std::erase_if(actions_, [](const Action &action) { return std::holds_alternative<Protocol>(action); });
    actions_.push_back(std::move(protocol));
}

void Transaction::SetApplication(std::string app_id, int64_t version) {
    ReadApplication(app_id);
    actions_.push_back(SetTransaction{std::move(app_id), version, options_.now_ms()});
}

void Transaction::SetDomain(DomainMetadata domain) { actions_.push_back(std::move(domain)); }

void Transaction::AddCdc(CdcFile file) {
    new_files_.push_back(file.path);
    actions_.push_back(std::move(file));
}

Result<CommitResult> Transaction::Commit(const CommitDetails &details) { return Committer(*this, details).Run(); }
Result<StagedChange> Transaction::Stage(const CommitDetails &details) { return Committer(*this, details).Stage(); }

std::string NewUuid() {
    static constexpr char kHex[] = "0123456789abcdef";
    std::random_device device;  // The kernel's randomness: safe after a fork, and in every thread.
    std::string out;
    for (int i = 0; i < 16; i++) {
        unsigned byte = device() & 0xff;
        if (i == 6) byte = (byte & 0x0f) | 0x40;  // Version 4,
        if (i == 8) byte = (byte & 0x3f) | 0x80;  // variant 1.
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
    return out;
}

int64_t NowMs() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace tarn::delta
