#include "storage/s3_store.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <random>

#include "storage/internal/io_pool.h"
#include "storage/internal/retry.h"
#include "storage/internal/s3_client.h"
#include "storage/internal/s3_writer.h"
#include "storage/internal/xml.h"
#include "storage/path.h"

namespace tarn::storage {
namespace {

constexpr size_t kPieceBytes = size_t{8} << 20;   // Of a long range.
constexpr size_t kPutAtOnce = size_t{64} << 20;   // What is larger is uploaded in parts.
constexpr size_t kKeysInBatch = 1000;             // By S3's rule.

std::unexpected<Error> EndsBefore(const std::string &path, uint64_t offset, uint64_t length) {
    return Fail(ErrorKind::kCorrupt, "FAILED_READ_FILE",
                path + " ends before byte " + std::to_string(offset) + " + " + std::to_string(length) + ".");
}

// Listings and headers may quote it or not.
std::string Tag(std::string_view text) {
    if (text.size() > 1 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
    return std::string(text);
}

int64_t Number(std::string_view text) {
    int64_t value = -1;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size() ? value : -1;
}

std::string Base64(uint32_t checksum) {
    static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t bits = uint64_t{checksum} << 16;  // Six digits of 6 bits hold 4 bytes; two '=' fill up.
    std::string out;
    for (int shift = 42; shift >= 12; shift -= 6) out += kDigits[(bits >> shift) & 63];
    return out + "==";
}

std::string ProbeName() {
    std::random_device random;
    return ".tarn-probe-" + std::to_string((uint64_t{random()} << 32) | random());
}

}  // namespace

S3Store::S3Store(std::unique_ptr<S3Client> client, bool trusted) : client_(std::move(client)), trusted_(trusted) {}
S3Store::~S3Store() = default;

Result<std::string> S3Store::Read(const std::string &path) {
    S3Place place = PlaceOf(path);
    if (place.key.empty()) return Fail(ErrorKind::kNotFound, "PATH_NOT_FOUND", "Path does not exist: " + path + ".");
    TARN_TRY(S3Answer answer, client_->Do({.place = place}));
    if (!answer.Ok()) return Fail(S3Client::ErrorOf(answer, "Reading", place));
    return std::move(answer.response.body);
}

Result<std::string> S3Store::ReadRange(const std::string &path, uint64_t offset, uint64_t length) {
    if (length > kPieceBytes) {
        // `length` may come from a damaged file: the object's size is asked for before the buffer is made.
        TARN_TRY(ObjectInfo info, Head(path));
        uint64_t size = static_cast<uint64_t>(info.size);
        if (offset > size || length > size - offset) return EndsBefore(path, offset, length);
    }
    std::string bytes(length, '\0');
    TARN_CHECK(ReadInto(path, offset, bytes.data(), length));
    return bytes;
}

Result<void> S3Store::ReadInto(const std::string &path, uint64_t offset, char *buffer, size_t length) {
    if (length == 0) {
        TARN_TRY(ObjectInfo info, Head(path));
        if (offset > static_cast<uint64_t>(info.size)) return EndsBefore(path, offset, length);
        return {};
    }
    if (length <= 2 * kPieceBytes) return ReadPiece(path, offset, buffer, length);
    std::vector<std::future<Result<void>>> pieces;
    for (size_t at = kPieceBytes; at < length; at += kPieceBytes) {
        size_t size = std::min(kPieceBytes, length - at);
        pieces.push_back(OnIoThread([this, &path, offset, buffer, at, size] { return ReadPiece(path, offset + at, buffer + at, size); }));
    }
    Result<void> first = ReadPiece(path, offset, buffer, kPieceBytes);
    for (auto &piece : pieces) {
        Result<void> read = piece.get();
        if (!read && first) first = std::move(read);
    }
    return first;
}

Result<void> S3Store::ReadPiece(const std::string &path, uint64_t offset, char *buffer, size_t length) {
    S3Place place = PlaceOf(path);
    if (offset > INT64_MAX || length > INT64_MAX - offset) return EndsBefore(path, offset, length);
    std::string range = "Range: bytes=" + std::to_string(offset) + "-" + std::to_string(offset + length - 1);
    TARN_TRY(S3Answer answer, client_->Do({.place = place, .headers = {range}, .into = buffer, .into_size = length}));
    if (answer.response.status == 416) return EndsBefore(path, offset, length);
    if (!answer.Ok()) return Fail(S3Client::ErrorOf(answer, "Reading", place));
    bool whole = answer.response.status == 200 && offset != 0;
    if (whole) return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "The server of " + path + " does not know ranges.");
    if (answer.response.received != length) return EndsBefore(path, offset, length);
    return {};
}

std::vector<Result<std::string>> S3Store::ReadMany(const std::vector<std::string> &paths) {
    if (paths.size() < 2) return ObjectStore::ReadMany(paths);
    std::vector<std::future<Result<std::string>>> reads;
    for (const std::string &path : paths) reads.push_back(OnIoThread([this, &path] { return Read(path); }));
    std::vector<Result<std::string>> all;
    for (auto &read : reads) all.push_back(read.get());
    return all;
}

Result<void> S3Store::Put(const std::string &path, std::string_view bytes) {
    S3Place place = PlaceOf(path);
    if (bytes.size() > kPutAtOnce) {
        std::unique_ptr<ObjectWriter> writer = MakeS3Writer(*client_, place, [] {});
        TARN_CHECK(writer->Append(bytes));
        return writer->Finish();
    }
    TARN_TRY(S3Answer answer, client_->Do({.method = "PUT", .place = place, .body = bytes, .changes = true}));
    if (!answer.Ok()) return Fail(S3Client::ErrorOf(answer, "Writing", place));
    return {};
}

Result<PutOutcome> S3Store::PutIfAbsent(const std::string &path, std::string_view bytes) {
    if (!trusted_) TARN_CHECK(CheckConditionalPut(path));
    return PutNew(path, bytes);
}

Result<PutOutcome> S3Store::PutNew(const std::string &path, std::string_view bytes) {
    S3Place place = PlaceOf(path);
    TARN_TRY(S3Answer answer, client_->Do({.method = "PUT", .place = place, .headers = {"If-None-Match: *"}, .body = bytes, .changes = true}));
    if (answer.Ok()) return PutOutcome::kWritten;
    if (answer.response.status != 412) return Fail(S3Client::ErrorOf(answer, "Writing", place));
    if (!answer.uncertain) return PutOutcome::kExists;
    // It may be our own, of a sending whose answer was lost.
    return Fail(ErrorKind::kUnknownOutcome, "IO_ERROR",
                "Whether " + path + " was written by this or by another writer is not known: the first answer was lost.");
}

Result<void> S3Store::CheckConditionalPut(const std::string &path) {
    std::string bucket = PlaceOf(path).bucket;
    {
        std::lock_guard lock(mutex_);
        if (checked_.contains(bucket)) return {};
    }
    std::string probe = path.substr(0, path.rfind('/') + 1) + ProbeName();
    TARN_CHECK(PutNew(probe, "probe"));
    Result<PutOutcome> again = PutNew(probe, "probe");
    (void)Delete(probe);
    if (!again && again.error().kind != ErrorKind::kUnknownOutcome) return Fail(std::move(again).error());
    if (again && *again == PutOutcome::kWritten) {
        Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                                "The server of s3://" + bucket + " ignores conditional writes (If-None-Match: *), so that writers at the "
                                "same time would overwrite each other's commits.");
        error.remedy = "Use a server that has them (AWS S3, MinIO, Ceph, versitygw in newer releases), or keep the table on a local disk.";
        return Fail(std::move(error));
    }
    std::lock_guard lock(mutex_);
    checked_.insert(bucket);
    return {};
}

Result<std::vector<ObjectInfo>> S3Store::List(const std::string &directory, const ListOptions &options) {
    S3Place place = PlaceOf(directory);
    std::string below = place.key.empty() || place.key.ends_with('/') ? place.key : place.key + "/";
    std::vector<ObjectInfo> all;
    std::string token;
    do {
        S3Call call{.place = {place.bucket, ""}};
        size_t wanted = options.limit == 0 ? kKeysInBatch : std::min(kKeysInBatch, options.limit - all.size());
        if (!token.empty()) call.query.emplace_back("continuation-token", token);
        if (!options.recursive) call.query.emplace_back("delimiter", "/");
        call.query.emplace_back("list-type", "2");
        call.query.emplace_back("max-keys", std::to_string(wanted));
        call.query.emplace_back("prefix", below + options.prefix);
        if (token.empty() && !options.start_after.empty()) call.query.emplace_back("start-after", below + options.start_after);
        TARN_TRY(S3Answer answer, client_->Do(call));
        if (!answer.Ok()) return Fail(S3Client::ErrorOf(answer, "Listing", place));
        TARN_TRY(XmlElement page, ParseXml(answer.response.body));
        for (const XmlElement &entry : page.children) {
            if (entry.name != "Contents") continue;
            std::string_view key = entry.TextOf("Key");
            // Consoles make empty objects that stand for folders.
            if (!key.starts_with(below) || key.ends_with('/')) continue;
            if (key.substr(below.size()) <= options.start_after) continue;
            all.push_back({"s3://" + place.bucket + "/" + std::string(key), Number(entry.TextOf("Size")),
                           ParseTime(entry.TextOf("LastModified")) * 1000, Tag(entry.TextOf("ETag"))});
        }
        token = page.TextOf("IsTruncated") == "true" ? page.TextOf("NextContinuationToken") : std::string_view();
    } while (!token.empty() && (options.limit == 0 || all.size() < options.limit));
    // S3 promises this order; some servers list folder by folder.
    if (!std::ranges::is_sorted(all, {}, &ObjectInfo::path)) std::ranges::sort(all, {}, &ObjectInfo::path);
    return all;
}

Result<ObjectInfo> S3Store::Head(const std::string &path) {
    S3Place place = PlaceOf(path);
    if (place.key.empty()) return Fail(ErrorKind::kNotFound, "PATH_NOT_FOUND", "Path does not exist: " + path + ".");
    TARN_TRY(S3Answer answer, client_->Do({.method = "HEAD", .place = place}));
    if (!answer.Ok()) return Fail(S3Client::ErrorOf(answer, "Reading the status of", place));
    return ObjectInfo{path, Number(answer.response.Header("content-length")), ParseTime(answer.response.Header("last-modified")) * 1000,
                      Tag(answer.response.Header("etag"))};
}

Result<void> S3Store::Delete(const std::string &path) {
    S3Place place = PlaceOf(path);
    TARN_TRY(S3Answer answer, client_->Do({.method = "DELETE", .place = place, .changes = true}));
    if (answer.Ok() || answer.response.status == 404) return {};
    return Fail(S3Client::ErrorOf(answer, "Deleting", place));
}

Result<void> S3Store::DeleteMany(const std::vector<std::string> &paths) {
    if (paths.size() < 2) return ObjectStore::DeleteMany(paths);
    Result<void> first;
    std::string bucket;
    std::vector<std::string> keys;
    auto send = [&] {
        if (keys.empty()) return;
        Result<void> deleted = DeleteBatch(bucket, keys);
        if (!deleted && first) first = std::move(deleted);
        keys.clear();
    };
    for (const std::string &path : paths) {
        S3Place place = PlaceOf(path);
        if (place.bucket != bucket || keys.size() == kKeysInBatch) send();
        bucket = place.bucket;
        keys.push_back(place.key);
    }
    send();
    return first;
}

Result<void> S3Store::DeleteBatch(const std::string &bucket, const std::vector<std::string> &keys) {
    std::string body = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
    for (const std::string &key : keys) body += "<Object><Key>" + XmlEscape(key) + "</Key></Object>";
    body += "</Delete>";
    auto checksum = static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef *>(body.data()), static_cast<uInt>(body.size())));
    S3Place place{bucket, ""};
    TARN_TRY(S3Answer answer, client_->Do({.method = "POST", .place = place, .query = {{"delete", ""}},
                                           .headers = {"Content-Type: application/xml", "x-amz-checksum-crc32: " + Base64(checksum)},
                                           .body = body, .changes = true}));
    int status = answer.response.status;
    if (status == 400 || status == 405 || status == 501) {
        // Not every server has this call, or takes this checksum.
        std::vector<std::string> paths;
        for (const std::string &key : keys) paths.push_back("s3://" + bucket + "/" + key);
        return DeleteEach(paths);
    }
    if (!answer.Ok()) return Fail(S3Client::ErrorOf(answer, "Deleting from", place));
    TARN_TRY(XmlElement result, ParseXml(answer.response.body));
    const XmlElement *error = result.Child("Error");
    if (error == nullptr || error->TextOf("Code") == "NoSuchKey") return {};
    return Fail(ErrorKind::kIo, "IO_ERROR", "Deleting s3://" + bucket + "/" + std::string(error->TextOf("Key")) + " failed: " +
                                                std::string(error->TextOf("Code")) + ".");
}

Result<void> S3Store::DeleteEach(const std::vector<std::string> &paths) {
    std::vector<std::future<Result<void>>> calls;
    for (const std::string &path : paths) calls.push_back(OnIoThread([this, &path] { return Delete(path); }));
    Result<void> first;
    for (auto &call : calls) {
        Result<void> deleted = call.get();
        if (!deleted && first) first = std::move(deleted);
    }
    return first;
}

Result<std::unique_ptr<ObjectWriter>> S3Store::Create(const std::string &path) {
    return MakeS3Writer(*client_, PlaceOf(path), [this, path] {
        std::lock_guard lock(mutex_);
        finished_.insert(path);
    });
}

Result<void> S3Store::MakeDurable(const std::vector<std::string> &paths, const std::string &) {
    for (const std::string &path : paths) {
        {
            std::lock_guard lock(mutex_);
            if (finished_.erase(path) > 0) continue;
        }
        TARN_CHECK(Head(path));
    }
    return {};
}

namespace {

struct ProcessStore {
    std::mutex mutex;
    S3Settings settings;
    std::unique_ptr<S3Store> store;
    // Others may still hold the ones that were in use before the settings changed.
    std::vector<std::unique_ptr<S3Store>> former;
};

ProcessStore &OfProcess() {
    static ProcessStore &process = *new ProcessStore;
    return process;
}

}  // namespace

void ConfigureS3(const S3Settings &settings) {
    ProcessStore &process = OfProcess();
    std::lock_guard lock(process.mutex);
    if (settings == process.settings) return;
    process.settings = settings;
    if (process.store) process.former.push_back(std::move(process.store));
}

Result<ObjectStore *> S3StoreForProcess() {
    ProcessStore &process = OfProcess();
    std::lock_guard lock(process.mutex);
    if (!process.store) {
        S3Client::Hooks hooks = S3Client::Hooks::OfProcess();
        AwsProfiles profiles = LoadProfiles(hooks.sources);
        TARN_TRY(S3Config config, ResolveS3Config(process.settings, hooks.sources, profiles));
        bool aws = config.endpoint.empty();
        process.store = std::make_unique<S3Store>(std::make_unique<S3Client>(std::move(config), std::move(profiles), std::move(hooks)), aws);
    }
    return process.store.get();
}

}  // namespace tarn::storage
