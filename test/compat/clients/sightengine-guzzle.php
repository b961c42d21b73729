<?php

// Makes the requests of Sightengine's PHP client with the library that it makes them by, Guzzle, and prints what came as JSON:
// one array for each of [HTTP status, body]. Of a failure that is what its exception carries.
// Usage: php sightengine-guzzle.php BASE_URL API_USER API_SECRET MODELS FILE IMAGE_URL

require '/usr/share/php/GuzzleHttp/autoload.php';

[, $base, $user, $secret, $models, $file, $url] = $argv;
$http = new \GuzzleHttp\Client(['base_uri' => $base, 'User-Agent' => 'SE-SDK-PHP1.0']);
$keys = ['api_user' => $user, 'api_secret' => $secret];
$check = $keys + ['models' => $models];
$media = fn ($contents) => [['name' => 'media', 'contents' => $contents]];

$calls = [
    ['GET', '1.0/check.json', ['query' => $check + ['url' => $url]]],
    ['POST', '1.0/check.json', ['query' => $check, 'multipart' => $media(fopen($file, 'r'))]],
    ['POST', '1.0/check.json', ['query' => $check, 'multipart' => $media(file_get_contents($file))]],
    ['GET', '1.0/video/check-sync.json', ['query' => $keys + ['stream_url' => $url, 'models' => $models]]],
    ['POST', '1.0/check.json', ['query' => ['api_secret' => 'wrong'] + $check, 'multipart' => $media('')]],
];

$answers = [];
foreach ($calls as [$method, $path, $options]) {
    try {
        $response = $http->request($method, $path, $options);
    } catch (\GuzzleHttp\Exception\RequestException $exception) {
        $response = $exception->getResponse();
    }
    $answers[] = [$response->getStatusCode(), json_decode($response->getBody())];
}
echo json_encode($answers);
