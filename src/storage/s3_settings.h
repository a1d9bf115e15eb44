// storage/s3_settings.h: how s3:// is reached.
//
// What a root's settings say; each may be left open. The environment wins over them, and what both leave open comes from
// the AWS profile. Keys are never part of it: they come from the credentials chain (internal/aws_credentials.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tarn::storage {

struct S3Settings {
    std::string endpoint;            // "http://127.0.0.1:9000"; empty: AWS.
    std::string region;
    std::string profile;             // Of ~/.aws/config and ~/.aws/credentials.
    std::optional<bool> path_style;  // https://endpoint/bucket/key instead of https://bucket.endpoint/key.
    std::optional<bool> anonymous;   // Requests are not signed: public buckets.
    bool operator==(const S3Settings &) const = default;
};

// For all later uses of s3:// in this process. Cheap: nothing is connected.
void ConfigureS3(const S3Settings &settings);

}  // namespace tarn::storage
