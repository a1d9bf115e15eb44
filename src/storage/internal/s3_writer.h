// storage/internal/s3_writer.h: a large object, uploaded in parts.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "storage/internal/s3_client.h"
#include "storage/object_store.h"

namespace tarn::storage {

inline constexpr size_t kPartBytes = size_t{8} << 20;  // At least 5 MiB by S3's rule.
inline constexpr int kPartsAtOnce = 4;                 // Of one object.
inline constexpr int kPartsOfProcess = 16;             // Of all objects: bounds the memory.
inline constexpr int kPartsBeforeGrowth = 1000;        // 10,000 parts are S3's most, so later parts are larger.

// How large part number `number` (from 1) is.
size_t PartBytes(int number);

// What is smaller than one part goes out as a plain put.
std::unique_ptr<ObjectWriter> MakeS3Writer(S3Client &client, S3Place place, std::function<void()> finished);

}  // namespace tarn::storage
