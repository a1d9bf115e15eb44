#include "storage/internal/s3_writer.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <semaphore>

#include "storage/internal/io_pool.h"
#include "storage/internal/xml.h"

namespace tarn::storage {
namespace {

std::counting_semaphore<kPartsOfProcess> &Slots() {
    static std::counting_semaphore<kPartsOfProcess> slots(kPartsOfProcess);
    return slots;
}

// What the writer and its parts on their way share.
struct Upload {
    std::mutex mutex;
    std::condition_variable changed;
    int under_way = 0;
    std::map<int, std::string> tags;  // By part number.
    std::optional<Error> failed;
};

class S3Writer final : public ObjectWriter {
public:
    S3Writer(S3Client &client, S3Place place, std::function<void()> finished)
        : client_(client), place_(std::move(place)), finished_(std::move(finished)), upload_(std::make_shared<Upload>()) {}

    ~S3Writer() override {
        if (id_.empty() || done_) return;
        WaitFor(0);
        // Nobody would wait for it: what is left, the bucket's life-cycle rule clears away.
        (void)client_.Do({.method = "DELETE", .place = place_, .query = {{"uploadId", id_}}, .attempts = 2});
    }

    Result<void> Append(std::string_view bytes) override {
        while (!bytes.empty()) {
            size_t room = PartBytes(parts_ + 1) - buffer_.size();
            size_t size = std::min(room, bytes.size());
            buffer_ += bytes.substr(0, size);
            bytes.remove_prefix(size);
            if (size == room) TARN_CHECK(SendPart());
        }
        return {};
    }

    Result<void> Finish() override {
        if (parts_ == 0) {
            TARN_TRY(S3Answer answer, client_.Do({.method = "PUT", .place = place_, .body = buffer_, .changes = true}));
            if (!answer.Ok()) return Fail(S3Client::ErrorOf(answer, "Writing", place_));
        } else {
            if (!buffer_.empty()) TARN_CHECK(SendPart());
            WaitFor(0);
            if (upload_->failed) return Fail(*upload_->failed);
            TARN_CHECK(Complete());
        }
        done_ = true;
        finished_();
        return {};
    }

private:
    void WaitFor(int under_way) {
        std::unique_lock lock(upload_->mutex);
        upload_->changed.wait(lock, [&] { return upload_->under_way <= under_way; });
    }

    Result<void> Begin() {
        TARN_TRY(S3Answer answer, client_.Do({.method = "POST", .place = place_, .query = {{"uploads", ""}}}));
        if (!answer.Ok()) return Fail(S3Client::ErrorOf(answer, "Writing", place_));
        TARN_TRY(XmlElement xml, ParseXml(answer.response.body));
        id_ = xml.TextOf("UploadId");
        if (!id_.empty()) return {};
        return Fail(ErrorKind::kIo, "IO_ERROR", "The server began no upload of " + S3Client::Name(place_) + ".");
    }

    Result<void> SendPart() {
        if (id_.empty()) TARN_CHECK(Begin());
        WaitFor(kPartsAtOnce - 1);
        {
            std::lock_guard lock(upload_->mutex);
            if (upload_->failed) return Fail(*upload_->failed);
            upload_->under_way++;
        }
        last_part_bytes_ = buffer_.size();
        Slots().acquire();
        RunOnIoThread([&client = client_, upload = upload_, place = place_, id = id_, number = ++parts_, bytes = std::move(buffer_)] {
            Result<S3Answer> answer = client.Do({.method = "PUT", .place = place, .query = {{"partNumber", std::to_string(number)}, {"uploadId", id}},
                                                 .body = bytes});
            std::string tag(answer ? answer->response.Header("etag") : std::string_view());
            std::lock_guard lock(upload->mutex);
            if (answer && answer->Ok() && !tag.empty()) upload->tags[number] = tag;
            else if (!upload->failed) upload->failed = answer ? S3Client::ErrorOf(*answer, "Writing", place) : std::move(answer).error();
            upload->under_way--;
            upload->changed.notify_all();
            Slots().release();
        });
        buffer_.clear();
        return {};
    }

    Result<void> Complete() {
        std::string body = "<CompleteMultipartUpload>";
        for (auto &[number, tag] : upload_->tags) {
            body += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + XmlEscape(tag) + "</ETag></Part>";
        }
        body += "</CompleteMultipartUpload>";
        TARN_TRY(S3Answer answer, client_.Do({.method = "POST", .place = place_, .query = {{"uploadId", id_}}, .body = body, .changes = true}));
        Result<XmlElement> xml = ParseXml(answer.response.body);
        // S3 may begin to answer with 200 before it knows how the completion ends.
        bool failed_late = xml && xml->name == "Error";
        if (answer.Ok() && !failed_late) return {};
        // The upload is gone: an earlier sending, whose answer was lost, had completed it.
        if (answer.response.status == 404 && IsThere()) return {};
        if (!answer.Ok()) return Fail(S3Client::ErrorOf(answer, "Writing", place_));
        return Fail(ErrorKind::kIo, "IO_ERROR", "Writing " + S3Client::Name(place_) + " failed: " + std::string(xml->TextOf("Code")) + ".");
    }

    bool IsThere() {
        Result<S3Answer> head = client_.Do({.method = "HEAD", .place = place_});
        return head && head->Ok() && head->response.Header("content-length") == std::to_string(TotalBytes());
    }

    uint64_t TotalBytes() const {
        uint64_t total = 0;
        for (int part = 1; part < parts_; part++) total += PartBytes(part);
        return total + last_part_bytes_;
    }

    S3Client &client_;
    S3Place place_;
    std::function<void()> finished_;
    std::shared_ptr<Upload> upload_;
    std::string buffer_;
    std::string id_;
    int parts_ = 0;
    size_t last_part_bytes_ = 0;
    bool done_ = false;
};

}  // namespace

size_t PartBytes(int number) { return kPartBytes << ((number - 1) / kPartsBeforeGrowth); }

std::unique_ptr<ObjectWriter> MakeS3Writer(S3Client &client, S3Place place, std::function<void()> finished) {
    return std::make_unique<S3Writer>(client, std::move(place), std::move(finished));
}

}  // namespace tarn::storage
