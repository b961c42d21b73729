<?php
/*
 * The three calls of the PHP class that nsfw-categorize.it shows on its page, one a run, by the same means: curl, a file as
 * CURLFile, the URL appended as it is, only `status` and `data` read.
 *
 *   php nsfw-categorize.php <base> <key or ""> file|url|hash <argument>
 *
 * Prints what the class would return: `data` as JSON, the hash of a file that is still in work, or false.
 */
declare(strict_types=1);

final class Categorizer
{
    public function __construct(private readonly string $base, private readonly string $key)
    {
    }

    public function file(string $path): mixed
    {
        return $this->dataOf($this->ask('/upload', [
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => ['image' => curl_file_create($path)],
        ]));
    }

    public function url(string $url): mixed
    {
        return $this->dataOf($this->ask('/upload?url=' . $url, []));
    }

    public function hash(string $sha1): mixed
    {
        $answer = $this->ask('/hash/' . $sha1, []);
        return $answer['status'] === 'PENDING' ? $answer['data']['hash'] : $this->dataOf($answer);
    }

    private function ask(string $path, array $options): array
    {
        $request = curl_init($this->base . $path);
        curl_setopt_array($request, $options + [CURLOPT_RETURNTRANSFER => true]);
        if ($this->key !== '') {
            curl_setopt($request, CURLOPT_HTTPHEADER, ['NSFWKEY: ' . $this->key]);
        }
        $body = curl_exec($request);
        if ($body === false) {
            throw new RuntimeException(curl_error($request));
        }
        return json_decode($body, true, 16, JSON_THROW_ON_ERROR);
    }

    private function dataOf(array $answer): mixed
    {
        return $answer['status'] === 'OK' ? $answer['data'] : false;
    }
}

[, $base, $key, $call, $argument] = $argv;
echo json_encode((new Categorizer($base, $key))->{$call}($argument), JSON_PRESERVE_ZERO_FRACTION), PHP_EOL;
