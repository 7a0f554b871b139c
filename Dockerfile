# A static binary in an empty image, run by a user that is not root.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /popbridge ./cmd/popbridge \
 && mkdir -p /state

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /popbridge /popbridge
COPY --from=build --chown=65532:65532 /state /var/lib/popbridge
ENV STATE_DIRECTORY=/var/lib/popbridge
VOLUME /var/lib/popbridge
USER 65532:65532
# Listen above 1024 inside and publish as 110 and 995 outside.
EXPOSE 1110 1995
ENTRYPOINT ["/popbridge"]
CMD ["serve", "--config", "/etc/popbridge/popbridge.yaml"]
